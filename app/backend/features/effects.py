"""Groups of random effects over a table: which rows share a coefficient, as a sparse design.

A group is a set of keys (member, title, the whole context, or several of them) times a set of
features (one, genres, numbers, what was said). Each key that training saw has one coefficient a
feature; what it never saw has none, and keeps the variance of its prior.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import scipy.sparse as sp

from app.backend.features.encode import Codes, Floats
from app.backend.features.numbering import Numbering, codes_of
from app.backend.features.table import Columns

Key: TypeAlias = Literal["member", "title", "context"]
Features: TypeAlias = Literal["one", "said", "genres", "numbers", "rules", "said_genres", "texts"]


@dataclass(frozen=True, slots=True)
class Group:
    """One group of coefficients that share a variance; `deviation` is what is assumed at first."""

    name: str
    keys: tuple[Key, ...]
    features: Features
    deviation: float


GROUPS: Final = (
    Group("intercept", (), "one", 2.0),
    Group("trust", (), "rules", 0.4),
    Group("said", (), "said", 0.3),
    Group("context", ("context",), "one", 0.1),
    Group("genre", (), "genres", 0.48),
    Group("numbers", (), "numbers", 0.24),
    Group("said_genre", (), "said_genres", 0.35),
    Group("context_genre", ("context",), "genres", 0.1),
    Group("context_numbers", ("context",), "numbers", 0.1),
    Group("text", (), "texts", 0.3),
    Group("context_text", ("context",), "texts", 0.1),
    Group("title", ("title",), "one", 0.4),
    Group("title_said", ("title",), "said", 0.2),
    Group("title_context", ("title", "context"), "one", 0.1),
    Group("member", ("member",), "one", 0.4),
    Group("member_said", ("member",), "said", 0.3),
    Group("member_context", ("member", "context"), "one", 0.3),
    Group("member_genre", ("member",), "genres", 0.3),
    Group("member_numbers", ("member",), "numbers", 0.2),
    Group("member_text", ("member",), "texts", 0.15),
    Group("member_context_genre", ("member", "context"), "genres", 0.2),
)


@dataclass(frozen=True, slots=True)
class Design:
    """A sparse design of some rows, and what of each row no coefficient was learnt for.

    `unseen[g]` holds, for group g, the sum of the squared values without a coefficient: float64
    of shape (n,).
    """

    matrix: sp.csr_matrix
    unseen: Floats


@dataclass(frozen=True, slots=True)
class Layout:
    """Groups as training saw them: the coefficients' places, and how a row finds its own."""

    columns: Columns
    groups: tuple[Group, ...]
    numberings: tuple[Numbering, ...]
    said: tuple[Codes, ...]
    group_of: Codes

    def __post_init__(self) -> None:
        """Refuse groups that do not fit together.

        Raises
        ------
        ValueError
            Where the coefficients are not those of the groups, or a key has other columns.
        """
        if len(self.groups) != len(self.numberings) or len(self.said) != len(self.columns.contexts):
            raise ValueError("it has other groups or words than it says")
        if not all((np.diff(words) > 0).all() for words in self.said):
            raise ValueError("words are not in order")
        widths = [
            width_of(self.columns, self.said, group.features) * numbering.count
            for group, numbering in zip(self.groups, self.numberings, strict=True)
        ]
        if sum(widths) != len(self.group_of) or not np.array_equal(
            self.group_of, np.repeat(np.arange(len(widths)), widths)
        ):
            raise ValueError("its coefficients are not those of its groups")
        for group, numbering in zip(self.groups, self.numberings, strict=True):
            if len(numbering.radix) != len(_key_columns(self.columns, group)):
                raise ValueError("a group has another key than it says")

    @classmethod
    def learn(cls, X: Floats, columns: Columns, groups: tuple[Group, ...]) -> "Layout":
        """Number every coefficient that rows of X could inform; constant groups are left out."""
        said = tuple(_words(X[:, at]) for at in columns.contexts)
        varying = sum(len(np.unique(X[:, at])) > 1 for at in columns.contexts)
        kept: list[Group] = []
        numberings: list[Numbering] = []
        widths: list[int] = []
        for group in groups:
            numbering = Numbering.learn(_keys(X, columns, group))
            width = width_of(columns, said, group.features)
            if width and _adds(group, varying) and (not group.keys or numbering.count > 1):
                kept.append(group)
                numberings.append(numbering)
                widths.append(width * numbering.count)
        group_of = np.repeat(np.arange(len(kept)), widths)
        return cls(columns, tuple(kept), tuple(numberings), said, group_of)

    def design(self, X: Floats) -> Design:
        """Return the sparse design of rows of X, shape (n, coefficients)."""
        blocks, unseen = [], np.zeros((len(self.groups), len(X)))
        cache: dict[Features, sp.csr_matrix] = {}
        for number, (group, keys) in enumerate(zip(self.groups, self.numberings, strict=True)):
            if group.features not in cache:
                cache[group.features] = features_of(X, self.columns, self.said, group.features)
            row_key = keys.of(_keys(X, self.columns, group))
            block, lost = _spread(cache[group.features], row_key, keys.count)
            blocks.append(block)
            unseen[number] = lost
        return Design(
            sp.hstack(blocks, format="csr") if blocks else sp.csr_matrix((len(X), 0)), unseen
        )


def features_of(
    X: Floats, columns: Columns, said: tuple[Codes, ...], features: Features
) -> sp.csr_matrix:
    """Return one set of features for each row: sparse, shape (n, width)."""
    if features == "one":
        return sp.csr_matrix(np.ones((len(X), 1)))
    if features == "numbers":
        return sp.csr_matrix(X[:, list(columns.numbers)])
    if features in ("rules", "texts"):
        at = columns.rules if features == "rules" else columns.texts
        return sp.csr_matrix(X[:, list(at)])
    genres = X[:, list(columns.genres)]
    genres = genres / np.sqrt(np.maximum(genres.sum(axis=1, keepdims=True), 1.0))
    if features == "genres":
        return sp.csr_matrix(genres)
    words = [
        X[:, [at]] == levels[None, :] for at, levels in zip(columns.contexts, said, strict=True)
    ]
    said_now = np.hstack([*words, np.zeros((len(X), 0))]).astype(np.float64)
    if features == "said":
        return sp.csr_matrix(said_now)
    crosses = said_now[:, :, None] * genres[:, None, :]
    return sp.csr_matrix(crosses.reshape(len(X), said_now.shape[1] * genres.shape[1]))


def _spread(features: sp.csr_matrix, key: Codes, count: int) -> tuple[sp.csr_matrix, Floats]:
    """Put each row's features into the columns of its key."""
    width = features.shape[1]
    if count == 1 and (key == 0).all():
        return features, np.zeros(len(key))
    entries = features.tocoo()
    known = key[entries.row] >= 0
    lost = np.bincount(
        entries.row[~known], np.square(entries.data[~known]), minlength=len(key)
    ).astype(np.float64)
    row, column = entries.row[known], entries.col[known]
    at = key[row] * width + column
    shape = (len(key), width * count)
    return sp.csr_matrix((entries.data[known], (row, at)), shape=shape), lost


def width_of(columns: Columns, said: tuple[Codes, ...], features: Features) -> int:
    """Return how many columns one set of features has."""
    words = sum(len(levels) for levels in said)
    return {
        "one": 1,
        "said": words,
        "genres": len(columns.genres),
        "numbers": len(columns.numbers),
        "rules": len(columns.rules),
        "said_genres": words * len(columns.genres),
        "texts": len(columns.texts),
    }[features]


def _keys(X: Floats, columns: Columns, group: Group) -> Codes:
    return codes_of(X, _key_columns(columns, group))


def _key_columns(columns: Columns, group: Group) -> tuple[int, ...]:
    places: dict[Key, tuple[int, ...]] = {
        "member": (columns.member,),
        "title": (columns.title,),
        "context": columns.contexts,
    }
    return tuple(at for key in group.keys for at in places[key])


def _adds(group: Group, varying: int) -> bool:
    """Say whether a group says more than a simpler one, where so many things are said."""
    if group.features in ("said", "said_genres"):
        return varying > 0
    if "context" not in group.keys:
        return True
    # With one thing said, the whole context is that word.
    return varying > 1 or (varying == 1 and group.name == "member_context_genre")


def _words(column: Floats) -> Codes:
    codes = np.unique(column.astype(np.int64))
    return codes[codes > 0]
