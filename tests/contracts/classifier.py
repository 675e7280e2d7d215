"""What every family of models keeps, whatever it learns; each family's tests inherit it."""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict

from app.backend.domain.errors import ArtefactDamaged, FeatureMismatch, InvalidInput
from app.backend.domain.model import Arrays
from app.backend.features import predictors
from app.backend.features.encode import Codes, Floats
from app.backend.features.schema import FEATURE_COUNT, MEDIA_ID, PROMISED_COUNT
from app.backend.learning.classifier import Config, ContextClassifier
from tests.worlds import live, make_world, training_rows

ROWS = 120


@cache
def evening_rows() -> tuple[Floats, Codes]:
    """Return feedback with both classes, and several verdicts on some titles."""
    world = make_world(11, titles=80)
    return training_rows(world, live(world, ROWS, 11))


@cache
def fitted(config: Config) -> ContextClassifier:
    """Return the family that a config names, fitted to the shared rows."""
    X, y = evening_rows()
    return ContextClassifier(config).fit(X, y)


def damaged(arrays: Arrays) -> list[tuple[str, Arrays]]:
    """Return every array damaged in every way that no reader may take for whole."""
    spoilt: list[tuple[str, Arrays]] = [
        ("foreign array", arrays | {"another": np.zeros(3)}),
        ("nothing", {}),
    ]
    for name, array in arrays.items():
        changes = {
            "longer": np.concatenate([array, np.ones((1, *array.shape[1:]), array.dtype)]),
            "another dimension": array[..., None],
            "half the precision": array.astype(np.float32),
            "text": array.astype(str),
        }
        if array.size:
            changes |= {"empty": array[:0], "no dimension": np.array(array.flat[0])}
        if array.size and array.dtype == np.float64:
            for value in (np.nan, np.inf):
                changes[f"{value}"] = array.copy()
                changes[f"{value}"].flat[-1] = value
        spoilt += [(f"{name}: {what}", arrays | {name: bad}) for what, bad in changes.items()]
        spoilt.append((f"{name}: missing", {key: arrays[key] for key in arrays if key != name}))
    return spoilt


class ClassifierSuite:
    """Inherit, and name the family's config and configs that must be refused."""

    config: ClassVar[Config]
    refused: ClassVar[tuple[Callable[[], Config], ...]]

    def test_the_defaults_are_a_config(self) -> None:
        """A config can be made without choosing anything, and equals another such."""
        assert type(self.config)() == type(self.config)()

    def test_a_config_that_cannot_be_fitted_is_refused(self) -> None:
        """Values out of bounds, infinite or undefined are named errors when the config is made."""
        for make in self.refused:
            with pytest.raises(InvalidInput) as caught:
                make()
            assert caught.value.message.endswith(".")

    def test_a_config_survives_its_record(self) -> None:
        """The plain values that a manifest keeps make the same config again."""
        record = ContextClassifier(self.config).config_record()
        assert type(self.config)(**record) == self.config
        assert all(isinstance(value, int | float | str) for value in record.values())

    def test_probabilities_are_probabilities(self) -> None:
        """Each row has two finite numbers in 0..1 that add up to 1."""
        X, _ = evening_rows()
        p = fitted(self.config).predict_proba(X)
        assert p.shape == (ROWS, 2)
        assert p.dtype == np.float64
        assert np.isfinite(p).all()
        assert ((p >= 0) & (p <= 1)).all()
        np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=0, atol=1e-12)

    def test_it_learns(self) -> None:
        """On the rows that it was fitted to, positives are promised more than negatives."""
        X, y = evening_rows()
        p = fitted(self.config).predict_proba(X)[:, 1]
        assert p[y == 1].mean() > p[y == 0].mean() + 0.1

    def test_the_likelier_class_is_predicted(self) -> None:
        """`predict` agrees with `predict_proba`, in the order of `classes_`."""
        X, _ = evening_rows()
        model = fitted(self.config)
        likelier = model.classes_[model.predict_proba(X).argmax(axis=1)]
        np.testing.assert_array_equal(model.predict(X), likelier)

    def test_the_promised_columns_are_enough(self) -> None:
        """17 columns train and predict, and mean the same as all columns with the rest missing."""
        X, y = evening_rows()
        narrow = X[:, :PROMISED_COUNT]
        padded = np.hstack([narrow, np.zeros((ROWS, FEATURE_COUNT - PROMISED_COUNT))])
        model = ContextClassifier(self.config).fit(narrow, y)
        wide = ContextClassifier(self.config).fit(padded, y)
        assert (model.n_features_in_, wide.n_features_in_) == (PROMISED_COUNT, FEATURE_COUNT)
        np.testing.assert_array_equal(model.predict_proba(narrow), wide.predict_proba(padded))

    @pytest.mark.parametrize(
        "width", [0, 1, PROMISED_COUNT - 1, PROMISED_COUNT + 1, FEATURE_COUNT + 1]
    )
    def test_another_width_is_refused(self, width: int) -> None:
        """Columns that are not Encore's are a named error, in fitting and in predicting."""
        model = fitted(self.config)
        _, y = evening_rows()
        with pytest.raises(FeatureMismatch):
            model.predict_proba(np.zeros((ROWS, width)))
        with pytest.raises(FeatureMismatch):
            ContextClassifier(self.config).fit(np.zeros((ROWS, width)), y)

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_what_is_not_finite_is_refused(self, value: float) -> None:
        """One NaN or infinity anywhere in X is a named error, in fitting and in predicting."""
        X, y = evening_rows()
        spoilt = X.copy()
        spoilt[5, 7] = value
        with pytest.raises(FeatureMismatch):
            fitted(self.config).predict_proba(spoilt)
        with pytest.raises(FeatureMismatch):
            ContextClassifier(self.config).fit(spoilt, y)

    def test_other_labels_are_refused(self) -> None:
        """Labels are 0 and 1, one for each row; everything else is a named error."""
        X, y = evening_rows()
        wrong: list[Any] = [y + 1, y - 0.5, np.where(y == 1, np.nan, 0.0), y[:-1], y[:, None]]
        for labels in wrong:
            with pytest.raises(InvalidInput):
                ContextClassifier(self.config).fit(X, labels)

    def test_impossible_weights_are_refused(self) -> None:
        """A weight is finite and not negative, one for each row; else it is a named error."""
        X, y = evening_rows()
        one = np.ones(ROWS)
        for weight in (-one, one * np.nan, one * np.inf, one[:-1], one[:, None]):
            with pytest.raises(InvalidInput):
                ContextClassifier(self.config).fit(X, y, weight)

    def test_it_can_be_cloned_like_any_estimator(self) -> None:
        """scikit-learn's clone, parameters and cross-validation work."""
        X, y = evening_rows()
        model = ContextClassifier().set_params(config=self.config)
        assert model.get_params() == {"config": self.config}
        twin = clone(fitted(self.config))
        assert not hasattr(twin, "predictor_")
        assert twin.config == self.config
        p = cross_val_predict(twin, X, y, cv=3, method="predict_proba")
        assert p.shape == (ROWS, 2)

    def test_it_says_when_it_has_learnt_nothing_yet(self) -> None:
        """Predicting before fitting is scikit-learn's own error, an AttributeError."""
        X, _ = evening_rows()
        with pytest.raises(AttributeError, match="not fitted"):
            ContextClassifier(self.config).predict_proba(X)

    def test_the_same_rows_give_the_same_arrays(self) -> None:
        """Fitting twice gives the same model to the last bit, and leaves X as it was."""
        X, y = evening_rows()
        before = X.tobytes(), y.tobytes()
        one, other = (
            ContextClassifier(self.config).fit(X, y).predictor_.to_arrays() for _ in range(2)
        )
        assert list(one) == list(other)
        assert all(one[name].tobytes() == other[name].tobytes() for name in one)
        assert (X.tobytes(), y.tobytes()) == before

    def test_the_order_of_rows_does_not_matter(self) -> None:
        """Shuffled rows give the same promises."""
        X, y = evening_rows()
        order = np.random.default_rng(1).permutation(ROWS)
        shuffled = ContextClassifier(self.config).fit(X[order], y[order])
        expected = fitted(self.config).predict_proba(X)
        np.testing.assert_allclose(shuffled.predict_proba(X), expected, rtol=0, atol=1e-9)

    def test_a_weight_is_a_number_of_repeats(self) -> None:
        """A row of weight 3 counts like three rows, and a row of weight 0 like none."""
        X, y = evening_rows()
        times = np.random.default_rng(2).integers(0, 4, ROWS)
        repeated = np.repeat(np.arange(ROWS), times)
        expected = ContextClassifier(self.config).fit(X[repeated], y[repeated]).predict_proba(X)
        weighted = ContextClassifier(self.config).fit(X, y, times.astype(np.float64))
        found = weighted.predict_proba(X)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)

    def test_rows_do_not_influence_each_other(self) -> None:
        """A row is promised the same alone as among others."""
        X, _ = evening_rows()
        model = fitted(self.config)
        alone = np.vstack([model.predict_proba(row[None]) for row in X])
        np.testing.assert_allclose(alone, model.predict_proba(X), rtol=0, atol=1e-12)

    def test_no_rows_have_no_probabilities(self) -> None:
        """Nothing to predict is no error."""
        X, _ = evening_rows()
        assert fitted(self.config).predict_proba(X[:0]).shape == (0, 2)
        assert fitted(self.config).predict(X[:0]).shape == (0,)

    def test_arrays_become_the_same_predictor(self) -> None:
        """What was learnt, taken apart and built again, answers the same to the last bit."""
        X, _ = evening_rows()
        fresh = X.copy()
        fresh[::2, MEDIA_ID] += 10_000
        predictor = fitted(self.config).predictor_
        again = predictors.build(predictor.family, predictor.to_arrays())
        for rows in (X, fresh):
            expected, found = predictor.moments(rows), again.moments(rows)
            np.testing.assert_array_equal(found.mean, expected.mean)
            np.testing.assert_array_equal(found.variance, expected.variance)

    def test_damaged_arrays_are_refused(self) -> None:
        """Arrays that are missing, foreign, misshapen, mistyped or not finite are a named error."""
        predictor = fitted(self.config).predictor_
        for what, arrays in damaged(predictor.to_arrays()):
            with pytest.raises(ArtefactDamaged):
                _ = predictors.build(predictor.family, arrays), what
