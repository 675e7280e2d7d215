"""Interactions as Gorse's feedback: kinds of events, of which each pair keeps the weightiest."""

from array import array
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.dataset import HIGHEST_RATING, Coded, Interactions
from app.backend.domain.errors import SourceMalformed
from app.backend.domain.progress import Progress, Step
from app.backend.sources.json_records import records
from app.backend.sources.judgements import Judgements, rating_of, understood
from app.backend.sources.tally import Tally
from app.backend.sources.text_table import MOST_ROWS

Codes: TypeAlias = NDArray[np.int64]

# Gorse itself is told by its configuration which types mean what; these are the usual ones.
TYPES: Final = {
    "negative": "dislike thumbs_down downvote not_interested hide remove block report negative",
    "rating": "rating ratings rate stars score review",
    "positive": "like star favorite favourite love thumbs_up upvote share collect bookmark save "
    "wish_list wishlist cart purchase buy finish complete follow subscribe positive",
    "read": "read view click watch play impression show open skip close",
}
_LIKED, _NOT_LIKED = "5", "1"
# Of several events between one member and one title the weightiest tells; Gorse puts explicit
# dislike first too, and lets what was merely read give way to anything positive.
_WEIGHTS: Final = {"negative": 4, "rating": 3, "positive": 2, "read": 1}
_OF_TYPE: Final = {word: _WEIGHTS[sort] for sort, words in TYPES.items() for word in words.split()}
_STEP: Final = 100_000


def read_gorse(path: Path, progress: Progress) -> Interactions:
    """Read feedback as a JSON array, as JSON lines, or as a page of Gorse's API.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where there is no such file, or no feedback in it.
    """
    tally = Tally()
    events = _Events()
    for number, (line, record) in enumerate(records(path, tally, "Feedback"), start=1):
        events.add(line, record)
        if number % _STEP == 0:
            progress(Step("Reading feedback", number))
        if number > MOST_ROWS:
            raise SourceMalformed(f"{path} has more than {MOST_ROWS} rows; read a part of it.")
    progress(Step("Reading feedback", len(events.line)))
    if not events.line and not tally.rows:
        raise SourceMalformed(f"{path} holds no feedback.")
    return understood(events.judgements(tally), str(path))


class _Column:
    """Words of one column, each kept once."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.code = array("q")

    def add(self, word: str) -> None:
        self.code.append(self.number.setdefault(word, len(self.number)))

    def coded(self) -> Coded:
        return Coded(tuple(self.number), np.array(self.code, dtype=np.int64))


class _Events:
    """Feedback in the order of the file."""

    def __init__(self) -> None:
        self.line = array("q")
        self.member, self.title, self.kind = _Column(), _Column(), _Column()
        self.value, self.moment = _Column(), _Column()

    def add(self, line: int, record: dict[str, Any]) -> None:
        """Take note of one event."""
        self.line.append(line)
        self.member.add(_text(record.get("UserId")))
        self.title.add(_text(record.get("ItemId")))
        kind = _text(record.get("FeedbackType")).strip().casefold()
        self.kind.add(kind.replace("-", "_").replace(" ", "_"))
        self.value.add(_text(record.get("Value")))
        self.moment.add(_moment(_text(record.get("Timestamp"))))

    def judgements(self, tally: Tally) -> Judgements:
        """Return one judgement for each member and title; what gave way is counted."""
        kind, value = self.kind.coded(), self.value.coded()
        member, title = self.member.coded(), self.title.coded()
        line = np.array(self.line, dtype=np.int64)
        weight = _weights(kind, _graded(kind, value), line, tally)
        kept = _weightiest(weight, member.code * max(len(title.words), 1) + title.code)
        gave_way = np.setdiff1d(np.flatnonzero(weight), kept)
        if len(gave_way):
            tally.add("superseded", int(line[gave_way[0]]), len(gave_way))
        return Judgements(
            line=line[kept],
            member=member.part(kept),
            title=title.part(kept),
            rating=_ratings(weight[kept], value.part(kept)),
            again=None,
            shown_at=self.moment.coded().part(kept),
            contexts={},
            broken=tally,
        )


def _weights(kind: Coded, graded: set[str], line: Codes, tally: Tally) -> Codes:
    """Return the weight of each event, 0 where nobody knows its type, which is counted."""
    of_type = np.array(
        [_WEIGHTS["rating"] if word in graded else _OF_TYPE.get(word, 0) for word in kind.words],
        dtype=np.int64,
    )
    weight = of_type[kind.code]
    for code in np.flatnonzero(of_type == 0).tolist():
        rows, word = np.flatnonzero(kind.code == code), kind.words[code]
        reason = f"feedback_type_unknown: {word[:64]}" if word else "feedback_type_missing"
        tally.add(reason, int(line[rows[0]]), len(rows))
    return weight


def _weightiest(weight: Codes, pair: Codes) -> Codes:
    """Return the row of each pair that weighs most, and of those the last, in order."""
    known = np.flatnonzero(weight)
    falling = known[np.lexsort((known, weight[known]))][::-1]
    _, first = np.unique(pair[falling], return_index=True)
    return np.sort(falling[first])


def _graded(kind: Coded, value: Coded) -> set[str]:
    """Return the types whose values are ratings, because some are above 1 and none above 5.

    Of the types that are named above, only a star may be either.
    """
    numbers = np.array([rating_of(word) for word in value.words])
    found = set()
    for code, word in enumerate(kind.words):
        given = numbers[value.code[kind.code == code]]
        told = given[np.isfinite(given)]
        is_open = bool(word) and (word not in _OF_TYPE or word == "star")
        if is_open and len(told) and told.min() >= 0.0 and 1.0 < told.max() <= HIGHEST_RATING:
            found.add(word)
    return found


def _ratings(weight: Codes, value: Coded) -> Coded:
    """Return what each event says as a rating: its value, if it is one, or liked or not."""
    liked, not_liked = len(value.words), len(value.words) + 1
    is_rating, is_positive = weight == _WEIGHTS["rating"], weight == _WEIGHTS["positive"]
    code = np.where(is_rating, value.code, np.where(is_positive, liked, not_liked))
    return Coded((*value.words, _LIKED, _NOT_LIKED), code)


def _moment(text: str) -> str:
    # Gorse writes the zero of its language where nobody gave a time.
    return "" if text.startswith("0001-01-01") else text


def _text(value: object) -> str:
    is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if is_plain else ""
