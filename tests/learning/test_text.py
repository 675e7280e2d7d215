"""Titles of the same words lie near each other; what is no text tells nothing."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from app.backend.domain.evidence import TitleTexts
from app.backend.features.encode import Floats
from app.backend.features.household import TitleVectors
from app.backend.learning.text import DIMENSIONS, LEAST_TITLES, MEAN_SQUARE, title_vectors

COUNT = 60
TOPICS = 4
FIELDS = ("keywords", "directors", "cast", "overview")


def nothing(count: int = COUNT) -> TitleTexts:
    """Return titles that say nothing of themselves."""
    none: Sequence[object] = [None] * count
    return TitleTexts(np.arange(1, count + 1), none, none, none, none)


def about(count: int = COUNT, separator: str = "|", field: str = "keywords") -> TitleTexts:
    """Return titles of four topics in turn, each with four words of ten of its topic."""
    rng = np.random.default_rng(3)
    words = [
        separator.join(f"topic{at % TOPICS}word{word}" for word in rng.choice(10, 4, replace=False))
        for at in range(count)
    ]
    texts: Sequence[object] = words
    none = nothing(count)
    told = {name: getattr(none, name) for name in FIELDS} | {field: texts}
    return TitleTexts(none.id, **told)


def cosines(vectors: Floats) -> Floats:
    """Return the cosine of every pair of titles."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray((vectors / length) @ (vectors / length).T)


def assert_alike(one: TitleVectors, other: TitleVectors) -> None:
    """Compare two results to the last bit."""
    assert one.ids.tobytes() == other.ids.tobytes()
    assert one.vectors.tobytes() == other.vectors.tobytes()


@pytest.mark.parametrize("field", FIELDS)
def test_titles_of_one_topic_are_near_each_other(field: str) -> None:
    """By keywords, people or overview: pairs of one topic are far nearer than others."""
    found = title_vectors(about(separator=" " if field == "overview" else "|", field=field))
    topic = np.arange(COUNT) % TOPICS
    near, off = cosines(found.vectors), ~np.eye(COUNT, dtype=bool)
    same = (topic[:, None] == topic) & off
    assert near[same].mean() > near[~same & off].mean() + 0.5


def test_vectors_have_the_size_that_the_prior_expects() -> None:
    """They are centred, of 16 dimensions at most, and 4 is their mean squared length."""
    found = title_vectors(about())
    assert found.vectors.shape == (COUNT, DIMENSIONS)
    np.testing.assert_array_equal(found.ids, np.arange(1, COUNT + 1))
    assert np.square(found.vectors).sum(axis=1).mean() == pytest.approx(MEAN_SQUARE)
    np.testing.assert_allclose(found.vectors.mean(axis=0), 0.0, atol=1e-12)


def test_too_few_titles_with_words_have_no_vectors() -> None:
    """It takes 30 that say something."""
    assert len(title_vectors(about(LEAST_TITLES)).ids) == LEAST_TITLES
    for texts in (about(LEAST_TITLES - 1), nothing(), nothing(0)):
        found = title_vectors(texts)
        assert (found.ids.shape, found.vectors.shape) == ((0,), (0, 0))


def test_words_that_are_not_shared_tell_nothing() -> None:
    """Where every title has words of its own, or all have the same few, there are no vectors."""
    own: Sequence[object] = [f"only {number}" for number in range(COUNT)]
    few: Sequence[object] = [f"word {number % 5}" for number in range(COUNT)]
    everywhere: Sequence[object] = ["on|every|title"] * COUNT
    for keywords in (own, few, everywhere):
        assert not len(title_vectors(replace(nothing(), keywords=keywords)).ids)


@pytest.mark.parametrize("odd", [None, 7, 3.5, b"topic0word1", ["topic0word1"], "", " | |", "|"])
def test_what_is_no_text_is_ignored(odd: object) -> None:
    """A title that holds numbers, bytes, lists or nothing has no vector, and moves no other's."""
    texts = about()
    spoilt: Sequence[object] = [odd, *texts.keywords[1:]]
    found = title_vectors(replace(texts, keywords=spoilt))
    np.testing.assert_array_equal(found.ids, np.arange(2, COUNT + 1))
    rest = TitleTexts(texts.id[1:], *([*column[1:]] for column in _columns(texts)))
    assert_alike(found, title_vectors(rest))


def test_case_and_blanks_around_names_do_not_matter() -> None:
    """Names are told apart by their letters alone; a name is one term, blanks and all."""
    texts = about()
    loud: Sequence[object] = [
        " | ".join(f" {name.upper()}  " for name in str(names).split("|"))
        for names in texts.keywords
    ]
    assert_alike(title_vectors(replace(texts, keywords=loud)), title_vectors(texts))
    spaced: Sequence[object] = [str(names).replace("|", " ") for names in texts.keywords]
    assert not len(title_vectors(replace(texts, keywords=spaced)).ids)


def test_a_name_means_another_thing_in_another_field() -> None:
    """Half the titles name as director whom the others name as actor: they share nothing."""
    names = [str(names) for names in about().keywords]
    one: Sequence[object] = [name if at % 8 < 4 else None for at, name in enumerate(names)]
    other: Sequence[object] = [None if at % 8 < 4 else name for at, name in enumerate(names)]
    near = cosines(title_vectors(replace(nothing(), directors=one, cast=other)).vectors)
    at = np.arange(COUNT)
    directed = at % 8 < 4
    alike = at[:, None] % TOPICS == at % TOPICS
    assert near[alike & directed[:, None] & ~directed].mean() < 0.1


def test_overviews_are_words_without_marks_or_particles() -> None:
    """Punctuation around a word and words of up to three letters leave no trace."""
    texts = about(separator=" ", field="overview")
    marked: Sequence[object] = [
        " the ".join(f'"{word}",' for word in str(words).split()) for words in texts.overview
    ]
    assert_alike(title_vectors(replace(texts, overview=marked)), title_vectors(texts))


def test_the_same_texts_give_the_same_bytes() -> None:
    """There is no chance but the seed's."""
    assert_alike(title_vectors(about()), title_vectors(about()))
    assert_alike(title_vectors(about(), 5), title_vectors(about(), 5))


def test_vectors_come_in_the_order_of_ids() -> None:
    """Whatever the order of the titles, ids ascend and each keeps its own vector."""
    texts = about()
    turned = replace(texts, id=texts.id[::-1].copy())
    found, straight = title_vectors(turned), title_vectors(texts)
    np.testing.assert_array_equal(found.ids, straight.ids)
    np.testing.assert_array_equal(found.vectors, straight.vectors[::-1])


def _columns(texts: TitleTexts) -> tuple[Sequence[object], ...]:
    return texts.overview, texts.keywords, texts.directors, texts.cast
