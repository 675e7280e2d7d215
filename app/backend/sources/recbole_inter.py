"""Interactions as RecBole keeps them: an atomic file `.inter`, with the type of each column."""

from pathlib import Path
from typing import Final

from app.backend.domain.dataset import Coded, Interactions
from app.backend.domain.errors import SourceMalformed
from app.backend.domain.progress import Progress
from app.backend.sources.fields import shown
from app.backend.sources.interactions_csv import column_name
from app.backend.sources.judgements import MOST_CONTEXT_WORDS, Judgements, understood
from app.backend.sources.text_table import Header, TextTable, named_once, read_table

TYPES: Final = ("token", "float", "token_seq", "float_seq")
DELIMITER: Final = "\t"
_ROLES: Final = ("user_id", "item_id", "rating", "label", "timestamp", "would_watch_again")
_LIKED, _NOT_LIKED = "5", "1"


def looks_like_recbole(text: str) -> bool:
    r"""Say whether a first line is one of an atomic file.

    Examples
    --------
    >>> looks_like_recbole("user_id:token\titem_id:token"), looks_like_recbole("member,title_id")
    (True, False)
    """
    cells = text.strip().split(DELIMITER)
    return all(cell.rpartition(":")[2] in TYPES and ":" in cell for cell in cells)


def read_recbole(path: Path, progress: Progress) -> Interactions:
    """Read interactions; further columns of the type `token` are contexts.

    Where there is no `rating`, a `label` of 1 counts as a rating of 5, and one of 0 as 1.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where there is no such file, or it is no atomic file with the required columns.
    """
    table = read_table(path, _header, _most_words, progress)
    column = _by_name(table)
    rating = column.get("rating")
    if rating is None:
        rating = column["label"].spelt(_rating_of_label)
    further = [
        (name.rpartition(":")[0], name.rpartition(":")[2], found)
        for name, found in zip(table.header.names, table.columns, strict=True)
        if name.rpartition(":")[0] not in _ROLES
    ]
    unused = ("label",) if "rating" in column and "label" in column else ()
    said = Judgements(
        line=table.line,
        member=column["user_id"],
        title=column["item_id"],
        rating=rating,
        again=column.get("would_watch_again"),
        shown_at=column.get("timestamp"),
        contexts={name: found for name, kind, found in further if kind == "token"},
        broken=table.broken,
        ignored_columns=(*unused, *(name for name, kind, _ in further if kind != "token")),
    )
    return understood(said, str(path))


def _by_name(table: TextTable) -> dict[str, Coded]:
    pairs = zip(table.header.names, table.columns, strict=True)
    return {name.rpartition(":")[0]: found for name, found in pairs if found is not None}


def _header(text: str, path: str, line: int) -> Header:
    cells = tuple(text.split(DELIMITER))
    typed = [cell.rpartition(":") for cell in cells]
    wrong = next((cell for cell in typed if cell[2].strip() not in TYPES or not cell[0]), None)
    if wrong is not None:
        raise SourceMalformed(
            f"{path} names the column {shown(''.join(wrong))} without a type; an .inter file has "
            f"columns between tabs, such as user_id:token, with one of {', '.join(TYPES)}."
        )
    names = [column_name(cell[0]) for cell in typed]
    missing = [name for name in ("user_id", "item_id") if name not in names]
    if not {"rating", "label"} & set(names):
        missing.append("rating")
    if missing:
        raise SourceMalformed(
            f"{path} has no column {' and no column '.join(map(repr, missing))}; it must have "
            "user_id:token, item_id:token and rating:float (or label:float)."
        )
    named_once(names, path)
    kinds = [cell[2].strip() for cell in typed]
    joined = tuple(f"{name}:{kind}" for name, kind in zip(names, kinds, strict=True))
    return Header(joined, DELIMITER, line, has_quotes=False)


def _most_words(name: str) -> int | None:
    called, _, kind = name.rpartition(":")
    if called in _ROLES:
        return None
    return 4 * MOST_CONTEXT_WORDS if kind == "token" else 0


def _rating_of_label(word: str) -> str:
    text = word.strip()
    if text in {"1", "1.0"}:
        return _LIKED
    return _NOT_LIKED if text in {"0", "0.0", "-1", "-1.0"} else text
