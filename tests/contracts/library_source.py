"""What every source of titles must hold, whatever it reads; each source's tests inherit it."""

import math
from pathlib import Path

import pytest

from app.backend.domain.errors import SourceError, SourceMalformed, SourceUnreadable
from app.backend.domain.title import FIRST_YEAR, KINDS, LONGEST_MINUTES, Refusal, TitleRecord
from app.backend.sources.library_source import Entry, LibrarySource

LATEST_YEAR = 2030


def entries_of(source: LibrarySource) -> list[Entry]:
    """Read a source once and insist on everything that must hold for any source at any time."""
    entries = list(source.read())
    records = [entry for entry in entries if isinstance(entry, TitleRecord)]
    assert source.total() in (None, len(entries))
    assert len({record.key for record in records}) == len(records)
    assert all(entry.where.strip() for entry in entries)
    assert len({entry.where for entry in entries}) == len(entries)
    for entry in entries:
        if isinstance(entry, TitleRecord):
            insist_on_bounds(entry)
        else:
            assert isinstance(entry, Refusal)
            assert entry.reason.isprintable()
            assert 10 < len(entry.reason) < 400
    return entries


def insist_on_bounds(record: TitleRecord) -> None:
    """Insist on what must hold for any title of any source."""
    assert 0 < len(record.title) <= 300
    assert len(record.key) <= 400
    assert len(record.identity) <= 400
    assert record.kind in KINDS
    assert record.year is None or FIRST_YEAR <= record.year <= LATEST_YEAR
    assert record.minutes is None or 0 < record.minutes <= LONGEST_MINUTES
    assert record.community_rating is None or 0.0 < record.community_rating <= 10.0
    assert record.community_rating is None or math.isfinite(record.community_rating)
    assert len(record.keywords) <= 50
    assert max(len(record.directors), len(record.cast)) <= 10
    people = (*record.directors, *record.cast)
    assert all(len(name) <= 100 for name in (*record.keywords, *people))
    texts = [record.title, *record.genres, record.age_rating, record.overview, record.external_id]
    texts += [*record.keywords, *people]
    for text in texts:
        assert text is None or text == text.strip() != ""
        # What databases and terminals choke on.
        assert text is None or text.encode("utf-8").find(b"\0") == -1
        assert text is None or "\n" not in text


class LibrarySourceSuite:
    """Inherit, and say how to make the four libraries in an empty folder."""

    def good(self, folder: Path) -> LibrarySource:
        """Make a library of at least three titles, with nothing wrong."""
        raise NotImplementedError

    def damaged(self, folder: Path) -> LibrarySource:
        """Make a library of good titles, broken ones, and one that comes twice."""
        raise NotImplementedError

    def empty(self, folder: Path) -> LibrarySource:
        """Make something of the right sort that is no library."""
        raise NotImplementedError

    def absent(self, folder: Path) -> LibrarySource:
        """Name a library that is not there."""
        raise NotImplementedError

    def test_a_good_library_becomes_titles_and_nothing_else(self, tmp_path: Path) -> None:
        """Where nothing is wrong, nothing is refused."""
        entries = entries_of(self.good(tmp_path))
        assert len(entries) >= 3
        assert all(isinstance(entry, TitleRecord) for entry in entries)

    def test_damage_costs_only_what_is_damaged(self, tmp_path: Path) -> None:
        """Broken entries are refused, each with its place and reason, between the good ones."""
        entries = entries_of(self.damaged(tmp_path))
        refused = [entry for entry in entries if isinstance(entry, Refusal)]
        assert refused
        assert len(entries) - len(refused) >= 2

    def test_a_repeat_is_refused_and_names_the_first(self, tmp_path: Path) -> None:
        """Of two entries with one key the first is kept, and the second says where that is."""
        entries = entries_of(self.damaged(tmp_path))
        kept = {entry.where for entry in entries if isinstance(entry, TitleRecord)}
        repeats = [
            entry
            for entry in entries
            if isinstance(entry, Refusal) and entry.reason.startswith("is the same title as ")
        ]
        assert repeats
        for repeat in repeats:
            first = repeat.reason.removeprefix("is the same title as ").partition(";")[0]
            assert first in kept

    @pytest.mark.parametrize("sort", ["good", "damaged"])
    def test_reading_twice_says_the_same(self, tmp_path: Path, sort: str) -> None:
        """A source has no memory: the second reading yields what the first did, in its order."""
        source: LibrarySource = getattr(self, sort)(tmp_path)
        assert list(source.read()) == list(source.read())

    def test_two_readings_at_once_do_not_disturb_each_other(self, tmp_path: Path) -> None:
        """Readings that overlap each see the whole library."""
        source = self.good(tmp_path)
        pairs = list(zip(source.read(), source.read(), strict=True))
        assert [one for one, _ in pairs] == [other for _, other in pairs]

    def test_the_name_is_a_short_word(self, tmp_path: Path) -> None:
        """A source's name fits the column that keeps it."""
        name = self.good(tmp_path).name
        assert name.isidentifier()
        assert len(name) <= 20

    def test_no_library_is_a_named_error(self, tmp_path: Path) -> None:
        """What is not there, and what is empty, says so by its class and in a sentence."""
        for source, expected in (
            (self.absent(tmp_path), SourceUnreadable),
            (self.empty(tmp_path), SourceMalformed),
        ):
            for ask in (source.total, lambda source=source: list(source.read())):
                with pytest.raises(SourceError) as caught:
                    ask()
                assert type(caught.value) is expected
                assert caught.value.message.endswith(".")
