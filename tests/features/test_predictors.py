"""Only families that the code knows are built, each from its own arrays."""

import pytest

from app.backend.domain.errors import ArtefactDamaged, ArtefactForeign
from app.backend.features.additive import AdditiveModel
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.predictors import FAMILIES, build


def test_the_families_are_these() -> None:
    """Two families can be opened, under the names that artefacts keep."""
    assert FAMILIES == ("additive", "glmix")
    assert {AdditiveModel.family, MixedPosterior.family} == set(FAMILIES)


@pytest.mark.parametrize("name", ["", "GLMIX", "glmix ", "os.system", "__class__"])
def test_another_name_is_foreign(name: str) -> None:
    """A name that is not on the list is refused, and the message tells which are."""
    with pytest.raises(ArtefactForeign, match="this Encore knows additive, glmix"):
        build(name, rules_posterior().to_arrays())


def test_a_familys_arrays_are_no_others() -> None:
    """The arrays of one family do not become another."""
    arrays = rules_posterior().to_arrays()
    assert isinstance(build("glmix", arrays), MixedPosterior)
    with pytest.raises(ArtefactDamaged):
        build("additive", arrays)
