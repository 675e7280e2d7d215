"""A data set from elsewhere becomes the matrix that is learnt from; nothing is estimated here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS, Context
from app.backend.domain.dataset import POSITIVE_RATING, Coded, RawDataset
from app.backend.domain.evidence import NO_MOMENT
from app.backend.domain.title import KINDS, TitleRecord, comparable
from app.backend.features import schema
from app.backend.features.basis import TITLE_BASIS, context_basis, rule_matrices, title_basis
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats, context_table, encode_columns
from app.backend.features.genres import CANON, Genres, normalise
from app.backend.features.household import TitleVectors
from app.backend.features.table import NUMBERS, Table
from app.backend.features.vocabulary import Vocabulary, coded_by

# Genre words that nobody knows keep a column each, the most frequent ones.
MOST_UNKNOWN_GENRES: Final = 100
_OWN_WORDS: Final = {"mood": MOODS, "group_size": GROUP_SIZES, "session_length": SESSION_LENGTHS}
_ROWS_AT_ONCE: Final = 1 << 14


def tabulate(raw: RawDataset, texts: TitleVectors | None = None) -> Table:
    """Return the rows of a data set as one matrix, over the words that it brings.

    Parameters
    ----------
    raw : RawDataset
    texts : TitleVectors, optional
        What titles are about, by the titles' places in the order of their spelling.
    """
    return tabulate_by(raw, vocabulary_of(raw, texts))


def vocabulary_of(raw: RawDataset, texts: TitleVectors | None = None) -> Vocabulary:
    """Return the words of a data set, each list in the order of spelling.

    Parameters
    ----------
    raw : RawDataset
    texts : TitleVectors, optional
        What titles are about, by the titles' places in the order of their spelling.
    """
    said = raw.interactions
    titles = said.title.in_order().words
    meanings = _meanings([raw.known.titles.get(title_id) for title_id in titles])
    return Vocabulary(
        members=_spoken(said.member),
        titles=titles,
        contexts=tuple(said.contexts),
        words=tuple(_spoken(column) for column in said.contexts.values()),
        genres=_genres(meanings),
        texts=_about(texts, len(titles)),
    )


def tabulate_by(raw: RawDataset, vocabulary: Vocabulary) -> Table:
    """Return the rows of a data set as one matrix, over the words of another.

    A verdict is positive with a rating of 4 or more, unless it says that the title would not be
    watched again.

    Parameters
    ----------
    raw : RawDataset
    vocabulary : Vocabulary
        Words that it has not are new: no effect was learnt of them.
    """
    said, columns = raw.interactions, vocabulary.columns
    title = said.title.in_order()
    known = [raw.known.titles.get(title_id) for title_id in title.words]
    basis = title_basis(_encoded(known))
    numbers = basis[:, [TITLE_BASIS.index(name) for name in NUMBERS]]
    X = np.zeros((len(said), len(columns.names)))
    X[:, columns.member] = coded_by(vocabulary.members, said.member)
    X[:, columns.title] = place = coded_by(vocabulary.titles, title)
    for at, name, words in zip(
        columns.contexts, vocabulary.contexts, vocabulary.words, strict=True
    ):
        if name in said.contexts:
            X[:, at] = coded_by(words, said.contexts[name])
    known_of = np.hstack([_genre_table(_meanings(known), vocabulary.genres), numbers])
    _look_up(known_of, title.code, X, columns.genres + columns.numbers)
    about = np.vstack([vocabulary.texts, np.zeros((1, vocabulary.texts.shape[1]))])
    _look_up(about, place - 1, X, columns.texts)
    own = _own_contexts(said.contexts, len(said))
    _score(own, basis, title.code, X[:, columns.rules[0] : columns.rules[-1] + 1])
    is_positive = (said.rating >= POSITIVE_RATING) & (said.again != 0)
    has_moments = bool(len(said)) and bool((said.moment != NO_MOMENT).all())
    moment = said.moment if has_moments else np.arange(len(said), dtype=np.int64)
    return Table(X, is_positive.astype(np.int64), columns, moment, has_moments)


def tabulate_household(training: TrainingSet) -> Table:
    """Return a household's own verdicts as one matrix, in the order in which they were given."""
    code, title = training.context_code, training.title
    shape = (len(MOODS) + 1, len(GROUP_SIZES) + 1, len(SESSION_LENGTHS) + 1)
    encoded = np.hstack(
        [
            np.zeros((len(training.encoded_titles), len(schema.CONTEXT_COLUMNS))),
            training.encoded_titles,
        ]
    )
    basis = title_basis(encoded)
    genres = encoded[:, schema.GENRE_COLUMNS]
    words = tuple(tuple(said) for said in _OWN_WORDS.values())
    columns = Vocabulary((), (), tuple(_OWN_WORDS), words, CANON, np.zeros((0, 0))).columns
    X = np.zeros((len(code), len(columns.names)))
    X[:, columns.member], X[:, columns.title] = training.member, title + 1
    X[:, list(columns.contexts)] = np.column_stack(np.unravel_index(code, shape))
    numbers = basis[:, [TITLE_BASIS.index(name) for name in NUMBERS]]
    _look_up(np.hstack([genres, numbers]), title, X, columns.genres + columns.numbers)
    _score(code, basis, title, X[:, columns.rules[0] : columns.rules[-1] + 1])
    return Table(X, training.y, columns, np.arange(len(code)), True)


def _about(texts: TitleVectors | None, count: int) -> Floats:
    """Return what each title is about, shape (titles, d); zeros where nothing is told."""
    if texts is None:
        return np.zeros((count, 0))
    about = np.zeros((count, texts.vectors.shape[1]))
    about[texts.ids] = texts.vectors
    return about


def _spoken(column: Coded) -> tuple[str, ...]:
    """Return the words that occur, but for the empty one."""
    return tuple(word for word in column.in_order().words if word)


def _meanings(known: Sequence[TitleRecord | None]) -> list[tuple[str, ...]]:
    """Return the genres of each title: Encore's own, and those that nobody knows."""
    meanings: dict[tuple[str, ...], Genres] = {}
    found: list[tuple[str, ...]] = []
    for title in known:
        names = title.genres if title else ()
        meaning = meanings.setdefault(names, normalise(names))
        found.append((*meaning.known, *map(comparable, meaning.unknown)))
    return found


def _genres(meanings: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the genres that have a column: those that occur, of the unknown the most frequent."""
    counts = Counter(genre for genres in meanings for genre in set(genres))
    unknown = sorted(set(counts) - set(CANON), key=lambda genre: (-counts[genre], genre))
    return (
        *(genre for genre in CANON if genre in counts),
        *sorted(unknown[:MOST_UNKNOWN_GENRES]),
    )


def _genre_table(meanings: Sequence[tuple[str, ...]], genres: tuple[str, ...]) -> Floats:
    """Return which title is of which genre, shape (titles, genres)."""
    place = {genre: at for at, genre in enumerate(genres)}
    table = np.zeros((len(meanings), len(genres)))
    for row, found in enumerate(meanings):
        table[row, [place[genre] for genre in found if genre in place]] = 1.0
    return table


def _encoded(known: Sequence[TitleRecord | None]) -> Floats:
    """Return titles as rows of X; of what nothing is known, every column is 0."""
    genres = np.zeros((len(known), len(CANON)), dtype=bool)
    for row, title in enumerate(known):
        meaning = normalise(title.genres).known if title else ()
        genres[row, [CANON.index(genre) for genre in meaning]] = True
    numbers = np.full((3, len(known)), np.nan)
    for at, title in enumerate(known):
        if title is not None:
            told = (title.minutes, title.year, title.community_rating)
            numbers[:, at] = [np.nan if value is None else value for value in told]
    is_series = [title is not None and title.kind == KINDS[1] for title in known]
    ids = np.arange(len(known), dtype=np.int64)
    minutes, year, rating = numbers
    own = encode_columns(ids, genres, minutes, year, np.array(is_series, dtype=bool), rating)
    return np.hstack([np.zeros((len(known), len(schema.CONTEXT_COLUMNS))), own])


def _look_up(of_title: Floats, title: Codes, X: Floats, at: tuple[int, ...]) -> None:
    """Write what is known of each row's title into its columns, which are next to each other."""
    for start in range(0, len(title) if at else 0, _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        X[part, at[0] : at[-1] + 1] = of_title[title[part]]


def _score(context: Codes, basis: Floats, title: Codes, into: Floats) -> None:
    """Write what the rules say of each row, by their sub-scores."""
    of_context = context_basis(context_table())
    weights = [matrix @ basis.T for matrix in rule_matrices()]
    for number, of_title in enumerate(weights):
        by_title = np.ascontiguousarray(of_title.T)
        for start in range(0, len(title), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            into[part, number] = np.einsum(
                "ij,ij->i", of_context[context[part]], by_title[title[part]]
            )


def _own_contexts(contexts: Mapping[str, Coded], count: int) -> Codes:
    """Return the code of what Encore itself understands of each row's context, shape (n,)."""
    code = np.zeros(count, dtype=np.int64)
    steps = (
        Context(MOODS[0], None, None).code,
        Context(None, GROUP_SIZES[0], None).code,
        Context(None, None, SESSION_LENGTHS[0]).code,
    )
    for (name, words), step in zip(_OWN_WORDS.items(), steps, strict=True):
        if name in contexts:
            column = contexts[name]
            place = [words.index(word) + 1 if word in words else 0 for word in column.words]
            code += step * np.array(place, dtype=np.int64)[column.code]
    return code
