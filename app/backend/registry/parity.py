"""Whether a model in another format answers as the model it was made from: or it is not written."""

from collections.abc import Callable
from typing import Final

import numpy as np

from app.backend.domain.context import CODE_COUNT, MOODS, Context
from app.backend.domain.errors import ExportUnfaithful
from app.backend.domain.model import Classifier
from app.backend.features import schema
from app.backend.features.encode import Floats, context_table

ROWS: Final = 1_024
TITLES: Final = 256
TOP: Final = 20
# Half of the rows are of titles that the model knows, where it knows any.
_KNOWN_EVERY: Final = 2
_SHOWN_CONTEXTS: Final = tuple(Context(mood, "couple", "medium").code for mood in MOODS)


def insist_on_parity(
    form: str, answer: Callable[[Floats], Floats], model: Classifier, tolerance: float
) -> None:
    """Ask a model and what was made of it about the same evenings.

    Parameters
    ----------
    form : str
        What it was made into, for the sentence.
    answer : callable
        P(negative), P(positive) of rows of X, from what was made.
    model : Classifier
    tolerance : float
        How far a probability may be off.

    Raises
    ------
    ExportUnfaithful
        Where a probability is further off, or the top 20 titles of a context are others or stand
        in another order.
    """
    rows = generated_rows(model, ROWS)
    found, expected = answer(rows), model.predict_proba(rows)
    worst = float(np.abs(found - expected).max()) if found.shape == expected.shape else np.inf
    if not worst <= tolerance:
        raise ExportUnfaithful(
            f"A model as {form} would be off by up to {worst:.1e} in its probabilities, and "
            f"{tolerance:.0e} is allowed; nothing was written. Choose another format.",
            {"format": form, "worst": worst if np.isfinite(worst) else None},
        )
    library = generated_rows(model, TITLES)
    for code in _SHOWN_CONTEXTS:
        library[:, : len(schema.CONTEXT_COLUMNS)] = context_table()[code]
        ours, theirs = (_top(ask(library)) for ask in (model.predict_proba, answer))
        if not _same_order(ours, theirs, model.predict_proba(library)[:, 1], tolerance):
            raise ExportUnfaithful(
                f"A model as {form} would rank other titles highest; nothing was written. Choose "
                "another format.",
                {"format": form},
            )


def generated_rows(model: Classifier, count: int) -> Floats:
    """Generate rows of X all over the range that libraries have, always the same.

    Returns
    -------
    ndarray of float64, shape (count, FEATURE_COUNT)
    """
    chance = np.random.default_rng(0)
    X = np.zeros((count, schema.FEATURE_COUNT))
    codes = chance.integers(0, CODE_COUNT, count)
    X[:, : len(schema.CONTEXT_COLUMNS)] = context_table()[codes]
    X[:, schema.GENRE_COLUMNS] = chance.random((count, len(schema.GENRE_COLUMNS))) < 0.15
    X[:, schema.DURATION] = np.maximum(chance.normal(90.0, 90.0, count).round(), 0.0)
    X[:, schema.YEAR] = chance.integers(1900, 2030, count) * (chance.random(count) < 0.9)
    X[:, schema.KIND_SERIES] = chance.random(count) < 0.3
    X[:, schema.COMMUNITY_RATING] = np.clip(chance.normal(6.0, 3.0, count), 0.0, 10.0)
    known = model.predictor_.to_arrays().get("title_ids", np.zeros(0))
    ids = chance.integers(0, 10**6, count)
    if len(known):
        ids[::_KNOWN_EVERY] = chance.choice(known, len(ids[::_KNOWN_EVERY]))
    X[:, schema.MEDIA_ID] = ids
    return X


def _top(probabilities: Floats) -> list[int]:
    return [int(row) for row in np.argsort(-probabilities[:, 1], kind="stable")[:TOP]]


def _same_order(ours: list[int], theirs: list[int], p: Floats, tolerance: float) -> bool:
    """Say whether two top lists are alike; titles as good as each other may change places."""
    pairs = zip(ours, theirs, strict=True)
    return all(one == other or abs(p[one] - p[other]) <= 2 * tolerance for one, other in pairs)
