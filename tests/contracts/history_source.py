"""What every history from elsewhere must hold; each source's tests inherit it."""

import math
from contextlib import suppress
from datetime import UTC

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.backend.domain.errors import SourceError, SourceMalformed
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.ratings import SCALES, stars
from app.backend.domain.title import FIRST_YEAR, KINDS, Refusal
from app.backend.sources.fields import clean
from app.backend.sources.history_files import history_source
from app.backend.sources.history_source import HistorySource

LATEST_YEAR = 2030

# Each source's tests run what they inherit; nothing of it is kept in the class.
ANYWHERE = settings(suppress_health_check=[HealthCheck.differing_executors])

Read = list[HistoryEntry | Refusal]


def all_of(source: HistorySource) -> Read:
    """Read a history once and insist on everything that must hold for any history."""
    found = list(source.read())
    entries = entries_of(found)
    assert len({entry.key for entry in entries}) == len(entries)
    for entry in entries:
        _insist_on_bounds(entry, SCALES[source.name])
    for refusal in refusals_of(found):
        assert clean(refusal.where, 500) == refusal.where != ""
        assert refusal.reason.isprintable()
        assert 10 < len(refusal.reason) < 400
        assert not refusal.reason.endswith(".")
    return found


def entries_of(found: Read) -> list[HistoryEntry]:
    """Return what was read, without what was refused."""
    return [one for one in found if isinstance(one, HistoryEntry)]


def refusals_of(found: Read) -> list[Refusal]:
    """Return what was refused."""
    return [one for one in found if isinstance(one, Refusal)]


def _insist_on_bounds(entry: HistoryEntry, scale: float) -> None:
    assert 0 < len(entry.title) <= 300
    assert 0 < len(entry.key) <= 400
    assert entry.kind in ("", *KINDS)
    assert entry.year is None or FIRST_YEAR <= entry.year <= LATEST_YEAR
    assert entry.rating is None or 0.0 < entry.rating <= scale
    assert entry.rating is None or math.isfinite(entry.rating)
    assert entry.rating is None or stars(entry.rating, scale) in {1, 2, 3, 4, 5}
    assert entry.at is None or entry.at.tzinfo is UTC
    assert entry.at is None or FIRST_YEAR <= entry.at.year <= LATEST_YEAR
    assert len(set(entry.ids)) == len(entry.ids)
    for text in (entry.title, entry.key, entry.where, *entry.ids):
        assert text == text.strip() != ""
        # What databases and terminals choke on.
        assert clean(text, 500) == text
        text.encode("utf-8")


class HistorySourceSuite:
    """Inherit, and say how to make the histories; whatever they are made of, bytes tell it."""

    def source(self, content: bytes) -> HistorySource:
        """Return the source that reads these bytes."""
        raise NotImplementedError

    def good(self) -> bytes:
        """Return a history of at least three entries, with nothing wrong."""
        raise NotImplementedError

    def damaged(self) -> bytes:
        """Return a history of at least two good entries, and broken ones."""
        raise NotImplementedError

    def test_a_good_history_becomes_entries_and_nothing_else(self) -> None:
        """Where nothing is wrong, nothing is refused."""
        found = all_of(self.source(self.good()))
        assert len(found) >= 3
        assert not refusals_of(found)

    def test_damage_costs_only_what_is_damaged(self) -> None:
        """Broken entries are refused, each with its place and reason, and the others are read."""
        found = all_of(self.source(self.damaged()))
        assert refusals_of(found)
        assert len(entries_of(found)) >= 2

    def test_reading_twice_says_the_same(self) -> None:
        """A history has no memory: the second reading yields what the first did, in its order."""
        for content in (self.good(), self.damaged()):
            source = self.source(content)
            assert list(source.read()) == list(source.read())
            assert list(source.read()) == list(self.source(content).read())

    def test_two_readings_at_once_do_not_disturb_each_other(self) -> None:
        """Readings that overlap each see the whole history."""
        source = self.source(self.good())
        assert all(one == other for one, other in zip(source.read(), source.read(), strict=True))

    def test_its_name_has_a_scale(self) -> None:
        """What a rating of it means is known."""
        assert self.source(self.good()).name in SCALES

    @ANYWHERE
    @given(content=st.binary(max_size=300))
    def test_no_bytes_raise_anything_but_named_errors(self, content: bytes) -> None:
        """Whatever bytes: entries and refusals within bounds, or a named error."""
        with suppress(SourceError):
            all_of(self.source(content))

    @ANYWHERE
    @given(data=st.data())
    def test_damaged_bytes_raise_nothing_but_named_errors(self, data: st.DataObject) -> None:
        """Any bytes of a good history may be others."""
        content = bytearray(self.good())
        for _ in range(data.draw(st.integers(1, 5))):
            start = data.draw(st.integers(0, len(content)))
            content[start : start + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
        with suppress(SourceError):
            all_of(self.source(bytes(content)))


class HistoryFileSuite(HistorySourceSuite):
    """Inherit where a history is one file."""

    def foreign(self) -> list[bytes]:
        """Return files of other programs."""
        raise NotImplementedError

    def test_its_file_is_recognised(self) -> None:
        """What a file is shows in what it holds, whatever it is called."""
        source = self.source(self.good())
        found = history_source(self.good(), "upload", latest_year=LATEST_YEAR)
        assert found.name == source.name
        assert len(list(found.read())) == len(list(source.read()))

    def test_what_is_none_is_a_named_error(self) -> None:
        """Nothing, a blank, and the files of others say so by their class and in a sentence."""
        for content in (b"", b" \n", b"\0" * 20, *self.foreign()):
            with pytest.raises(SourceMalformed) as caught:
                list(self.source(content).read())
            assert caught.value.message.endswith(".")
            assert caught.value.message.isprintable()
