"""What titles are about, from their words: keywords, people and overview as a few dimensions.

TF-IDF over the library's own words, then the directions in which its titles differ most.
"""

from string import punctuation
from typing import Final

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from app.backend.domain.evidence import TitleTexts
from app.backend.domain.title import NAME_SEPARATOR
from app.backend.features.household import TitleVectors

DIMENSIONS: Final = 16
LEAST_TITLES: Final = 30
LEAST_WORDS: Final = 20
# The mean squared length of a title's vector; with the prior deviation of a text coefficient it
# says how much words may move a logit.
MEAN_SQUARE: Final = 4.0
_MOST_WORDS: Final = 20_000
_LEAST_LETTERS: Final = 3


def title_vectors(texts: TitleTexts, seed: int = 0) -> TitleVectors:
    """Return what titles are about, as vectors by media id.

    A title without words has none; a library with fewer than `LEAST_TITLES` titles that have
    words, or too few words in common, has no vectors at all.

    Parameters
    ----------
    texts : TitleTexts
    seed : int
        Of the decomposition.
    """
    documents = [_words(texts, at) for at in range(len(texts.id))]
    told = np.array([bool(words) for words in documents], dtype=bool)
    if told.sum() < LEAST_TITLES:
        return TitleVectors()
    weighing = TfidfVectorizer(
        analyzer=_same, min_df=2, max_df=0.5, sublinear_tf=True, max_features=_MOST_WORDS
    )
    try:
        weights = weighing.fit_transform([documents[at] for at in np.flatnonzero(told)])
    except ValueError:  # no word is shared by two titles
        return TitleVectors()
    dimensions = min(DIMENSIONS, weights.shape[1] - 1, weights.shape[0] - 1)
    if weights.shape[1] < LEAST_WORDS or dimensions < 1:
        return TitleVectors()
    with threadpool_limits(limits=1, user_api="blas"):
        vectors = TruncatedSVD(dimensions, random_state=seed).fit_transform(weights)
    vectors -= vectors.mean(axis=0)
    vectors *= np.sqrt(MEAN_SQUARE / max(float(np.square(vectors).sum(axis=1).mean()), 1e-12))
    ids = texts.id[told]
    order = np.argsort(ids, kind="stable")
    return TitleVectors(ids[order], np.ascontiguousarray(vectors[order]))


def _same(words: list[str]) -> list[str]:
    return words


def _words(texts: TitleTexts, at: int) -> list[str]:
    """Return the terms of one title: each name and keyword as a whole, the overview by words."""
    terms = []
    for kind, values in (
        ("keyword", texts.keywords),
        ("director", texts.directors),
        ("cast", texts.cast),
    ):
        value = values[at]
        if isinstance(value, str):
            parts = value.split(NAME_SEPARATOR)
            terms += [f"{kind} {part.strip().casefold()}" for part in parts if part.strip()]
    overview = texts.overview[at]
    if isinstance(overview, str):
        words = overview.casefold().split()
        terms += [word for raw in words if len(word := raw.strip(punctuation)) > _LEAST_LETTERS]
    return terms
