"""Titles that an entry could mean come in the order in which they are likely."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from app.backend.store.history_rows import KnownTitle
from app.backend.workflows.likeness import closest
from app.backend.workflows.matching import plain_name, plain_names

WORDS = ("The", "night", "of", "Shift", "Harbour", "amélie")
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
YEARS = st.sampled_from([None, 1990, 1991, 2004])
KINDS = st.sampled_from(["movie", "series"])


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a history."""

    title: str
    kind: str = ""
    year: int | None = None
    ids: tuple[str, ...] = ()


def known(
    number: int,
    title: str,
    year: int | None = None,
    kind: str = "movie",
    *,
    former: str = "",
    is_removed: bool = False,
) -> KnownTitle:
    """Return a title of the library, which may have had another name."""
    identity = f"{kind}|{former or title}|{year or ''}"
    return KnownTitle(number, title, kind, year, identity, is_removed)


def ids(titles: list[KnownTitle], entry: Entry, limit: int = 5) -> list[int]:
    """Return the ids of the titles that are closest to an entry."""
    (found,) = closest(titles, [entry], limit)
    return [one.media_id for one in found]


def test_what_has_most_words_in_common_comes_first() -> None:
    """Articles, case and punctuation count for nothing; what has no word in common is left out."""
    titles = [
        known(1, "Night Train"),
        known(2, "The NIGHT shift!"),
        known(3, "Overture"),
        known(4, "A Night Shift in Town"),
    ]
    assert ids(titles, Entry("Night Shift")) == [2, 4, 1]
    assert ids(titles, Entry("Night Shift"), 1) == [2]
    assert ids(titles, Entry("Amélie")) == []
    assert ids([], Entry("Night Shift")) == []


def test_of_names_that_are_equally_like_the_kind_and_the_year_decide() -> None:
    """Then whether it is on the shelf, then which came first."""
    titles = [
        known(1, "Shift", 1990, is_removed=True),
        known(2, "Shift", 1990),
        known(3, "Shift", 1990),
        known(4, "Shift", 2004),
        known(5, "Shift"),
        known(6, "Shift", 2004, "series"),
    ]
    assert ids(titles, Entry("Shift", "movie", 1991), 6) == [2, 3, 1, 4, 5, 6]
    assert ids(titles, Entry("Shift", "series"), 2) == [6, 2]


def test_a_title_is_found_by_the_name_that_it_had() -> None:
    """And comes once, by the better of the two."""
    titles = [known(1, "Nachtschicht", former="night shift"), known(2, "Night Boat")]
    assert ids(titles, Entry("Night Shift")) == [1, 2]
    assert ids(titles, Entry("Nachtschicht")) == [1]


@given(
    st.lists(st.tuples(NAMES, YEARS, KINDS, NAMES, st.booleans()), max_size=12),
    st.builds(Entry, NAMES, st.sampled_from(["", "movie", "series"]), YEARS),
    st.integers(1, 4),
)
def test_it_is_what_looking_at_each_title_finds(
    rows: list[tuple[str, int | None, str, str, bool]], entry: Entry, limit: int
) -> None:
    """Whatever titles are called."""
    titles = [
        known(number, title, year, kind, former=former, is_removed=is_removed)
        for number, (title, year, kind, former, is_removed) in enumerate(rows, start=1)
    ]
    words = set(plain_name(entry.title).split())
    found = []
    for title in titles:
        names = [set(name.split()) for name in plain_names(title)]
        likeness = max(len(words & name) / len(words | name) for name in names)
        is_known = None not in (entry.year, title.year)
        apart = abs((entry.year or 0) - (title.year or 0)) if is_known else 10_000
        is_other = entry.kind not in {"", title.kind}
        if likeness:
            rank = (-likeness, is_other, apart, title.is_removed, title.media_id)
            found.append((rank, title.media_id))
    assert ids(titles, entry, limit) == [number for _, number in sorted(found)[:limit]]
