"""Gorse's feedback becomes one judgement for each member and title."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.dataset import Counted, Interactions
from app.backend.domain.errors import SourceError, SourceMalformed
from app.backend.domain.evidence import NO_MOMENT
from app.backend.domain.progress import silent
from app.backend.sources.data_set import form_of, read_data_set
from app.backend.sources.gorse_json import TYPES

Event = Mapping[str, Any]


def event(kind: str, user: str = "ann", item: str = "t1", **more: object) -> Event:
    """Return one piece of feedback."""
    return {"FeedbackType": kind, "UserId": user, "ItemId": item, **more}


def read_text(folder: Path, text: str, name: str = "feedback.json") -> Interactions:
    """Read a file with this content."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_data_set(None, path, 2030, silent).interactions


def read(folder: Path, events: Sequence[Event]) -> Interactions:
    """Read events as one array."""
    return read_text(folder, json.dumps(list(events)))


def ratings(found: Interactions) -> dict[tuple[str, str], float]:
    """Return the rating by member and title."""
    keys = zip(found.member.texts(), found.title.texts(), strict=True)
    return dict(zip(keys, found.rating.tolist(), strict=True))


def test_an_array_lines_and_a_page_say_the_same(tmp_path: Path) -> None:
    """The three forms in which Gorse gives feedback are read alike."""
    events = [event("like", Timestamp="2021-10-24T06:42:20.207Z"), event("read", item="t2")]
    lines = "\n".join(map(json.dumps, events))
    page = json.dumps({"Cursor": "x", "Feedback": events}, indent=1)
    forms = (json.dumps(events), json.dumps(events, indent=2), lines, page)
    found = [ratings(read_text(tmp_path, text, "feedback.txt")) for text in forms]
    assert found == [{("ann", "t1"): 5.0, ("ann", "t2"): 1.0}] * 4
    assert form_of(tmp_path / "feedback.txt") == "gorse"


def test_the_weightiest_event_of_a_pair_tells(tmp_path: Path) -> None:
    """A dislike outweighs a rating, a rating a like, a like what was read; the rest is counted."""
    events = [
        event("like"),
        event("read"),
        event("read", item="t2"),
        event("rating", item="t2", Value=3.5),
        event("like", item="t2"),
        event("rating", item="t3", Value=5),
        event("dislike", item="t3"),
    ]
    found = read(tmp_path, events)
    expected = {("ann", "t1"): 5.0, ("ann", "t2"): 3.5, ("ann", "t3"): 1.0}
    assert ratings(found) == expected
    assert found.left_out == {"superseded": Counted(4, 2)}
    assert found.rows_read == 7


def test_the_last_of_equal_events_counts(tmp_path: Path) -> None:
    """Feedback that was given again overwrites, as Gorse has it."""
    found = read(tmp_path, [event("rating", Value=1), event("rating", Value=4)])
    assert ratings(found) == {("ann", "t1"): 4.0}


def test_a_star_may_be_a_rating(tmp_path: Path) -> None:
    """Stars with values up to 5 are ratings; stars without are liked."""
    graded = [event("star", Value=2), event("star", item="t2", Value=5)]
    assert set(ratings(read(tmp_path, graded)).values()) == {2.0, 5.0}
    plain = [event("star", Value=1), event("star", item="t2")]
    assert set(ratings(read(tmp_path, plain)).values()) == {5.0}


def test_an_unknown_type_with_ratings_as_values_is_one(tmp_path: Path) -> None:
    """Otherwise it is left out, by its name."""
    events = [event("verdict", Value=2), event("verdict", item="t2", Value=4.5), event("poke")]
    found = read(tmp_path, events)
    assert set(ratings(found).values()) == {2.0, 4.5}
    assert found.left_out == {"feedback_type_unknown: poke": Counted(1, 3)}


def test_times_are_kept_and_the_zero_time_is_none(tmp_path: Path) -> None:
    """The zero time of Gorse's language says that nobody gave one."""
    events = [
        event("like", Timestamp="1970-01-01T00:00:01Z"),
        event("like", item="t2", Timestamp="0001-01-01T00:00:00Z"),
    ]
    assert read(tmp_path, events).moment.tolist() == [1_000, NO_MOMENT]


def test_events_without_their_parts_are_left_out(tmp_path: Path) -> None:
    """Who, what and which type must be there."""
    events = [event("like"), {"FeedbackType": "like", "ItemId": "t1"}, event("like", item=""), {}]
    found = read(tmp_path, events)
    assert found.left_out == {
        "member_missing": Counted(1, 2),
        "title_id_missing": Counted(1, 3),
        "feedback_type_missing": Counted(1, 4),
    }


def test_a_bad_line_is_counted(tmp_path: Path) -> None:
    """JSON lines survive a broken one."""
    good = json.dumps(event("like"))
    found = read_text(tmp_path, f"{good}\n{{broken\n\n[1]\n{good}\n", "feedback.jsonl")
    assert found.left_out["not_json"] == Counted(1, 2)
    assert found.left_out["no_object"] == Counted(1, 4)


@pytest.mark.parametrize(
    "text",
    ["", "hello", "[", '[{"FeedbackType": "like"', "[]", "[1 2", "{broken", "3", "[" * 9_999],
)
def test_what_holds_no_feedback_is_refused(tmp_path: Path, text: str) -> None:
    """A file that is no JSON, or holds nothing, is a named error."""
    with pytest.raises(SourceMalformed):
        read_text(tmp_path, text)


KINDS = st.sampled_from(["like", "read", "dislike", "rating", "poke", ""])
VALUES = st.none() | st.floats(allow_nan=False, min_value=0, max_value=5) | st.text(max_size=3)
EVENTS = st.fixed_dictionaries(
    {"FeedbackType": KINDS, "UserId": st.sampled_from("ab "), "ItemId": st.sampled_from("xyz")},
    optional={"Value": VALUES, "Timestamp": st.text(max_size=5)},
)


@given(st.lists(EVENTS | st.integers(), min_size=1, max_size=20))
def test_every_event_is_used_or_counted(
    tmp_path_factory: pytest.TempPathFactory, events: list[Any]
) -> None:
    """Whatever comes, used and left out events add up, and a pair has one judgement."""
    try:
        found = read(tmp_path_factory.mktemp("events"), events)
    except SourceError as error:
        assert "scale" in error.message  # noqa: PT017  # most ratings below 0.5
        return
    left_out = sum(counted.rows for counted in found.left_out.values())
    assert len(found) + left_out == found.rows_read == len(events)
    assert len(ratings(found)) == len(found)


def test_every_known_type_is_documented() -> None:
    """The page on evaluation names each type of feedback that is understood, by its sort."""
    page = Path(__file__).parents[2].joinpath("docs", "evaluate.md").read_text(encoding="utf-8")
    lines = {line.split("|")[1].strip(): line for line in page.splitlines() if "|" in line}
    sorts = {"read": "reading"}
    for sort, words in TYPES.items():
        for word in words.split():
            assert f"`{word}`" in lines[sorts.get(sort, sort)]
