"""Ratings from elsewhere: which of them are learnt from, and why the others are not."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.evidence import NO_ANSWER, NO_TITLE, RatingRows
from app.backend.features.dataset import TrainingSet
from app.backend.features.household import Evidence
from app.backend.features.recalled import REASONS, Recalled, understand_ratings
from tests.worlds import live, make_world, training_set

WORLD = make_world(3, titles=40)
IDS = np.array([title.id for title in WORLD.titles])
NOTHING_SAID = training_set(WORLD, live(WORLD, 0, 3))

Entry = tuple[int, int, float, int, int, int, bool, bool]


def rows(*entries: Entry) -> RatingRows:
    """Return entries: title, member, rating, again, moment, source, set aside, written here."""
    columns = list(zip(*entries, strict=True)) if entries else [()] * 8
    return RatingRows(
        media_id=np.array(columns[0], dtype=np.int64),
        member_id=np.array(columns[1], dtype=np.int64),
        rating=np.array(columns[2], dtype=np.float64),
        again=np.array(columns[3], dtype=np.int8),
        moment=np.array(columns[4], dtype=np.int64),
        source=np.array(columns[5], dtype=np.int64),
        is_set_aside=np.array(columns[6], dtype=bool),
        is_written_here=np.array(columns[7], dtype=bool),
        sources=("imdb", "jellyfin"),
    )


def entry(title: int, member: int = 1, rating: float = 5.0, **said: int) -> Entry:
    """Return an entry of a history."""
    return (
        title,
        member,
        rating,
        said.get("again", NO_ANSWER),
        said.get("moment", 0),
        said.get("source", 0),
        bool(said.get("is_set_aside")),
        bool(said.get("is_written_here")),
    )


def said(*verdicts: tuple[int, int]) -> TrainingSet:
    """Return verdicts that were given here: title's id, and member."""
    count = len(verdicts)
    return replace(
        NOTHING_SAID,
        context_code=np.zeros(count, dtype=np.int64),
        title=np.searchsorted(IDS, [title for title, _ in verdicts]),
        y=np.ones(count, dtype=np.int64),
        slate=np.arange(count),
        member=np.array([member for _, member in verdicts], dtype=np.int64),
        feedback_id=np.arange(count),
    )


def understood(told: RatingRows, training: TrainingSet = NOTHING_SAID) -> Recalled:
    """Choose which ratings are learnt from."""
    return understand_ratings(told, training, IDS)


def test_each_entry_that_is_left_out_has_its_reason() -> None:
    """The first reason counts, and all counts together are what was read."""
    found = understood(
        rows(
            entry(1),
            entry(NO_TITLE, is_set_aside=1),
            entry(NO_TITLE),
            entry(9_999),
            entry(2, rating=np.nan),
            entry(3, is_written_here=1),
            entry(4),
            entry(5, source=1, moment=1),
            entry(5, moment=2),
        ),
        said((4, 1)),
    )
    assert found.left_out == {
        "set_aside": 1, "unmatched": 2, "unrated": 1, "written_here": 1, "said_here": 1,
        "superseded": 1,
    }  # fmt: skip
    assert IDS[found.title].tolist() == [1, 5]
    assert found.read == len(found.y) + sum(found.left_out.values()) == 9


def test_what_counts_as_liked() -> None:
    """A rating of at least 4, unless somebody would not watch it again; nobody has to say so."""
    found = understood(
        rows(
            entry(1, rating=4),
            entry(2, rating=3),
            entry(3, rating=5, again=1),
            entry(4, rating=5, again=0),
        )
    )
    assert found.y.tolist() == [1, 0, 1, 0]
    assert found.has_both_classes
    assert not found.part(found.y == 1).has_both_classes


def test_a_verdict_here_is_believed_alone() -> None:
    """That of the same member, of the household for anybody, and of anybody for the household."""
    told = rows(entry(1, 1), entry(1, 2), entry(2, 1), entry(3, 0), entry(4, 0))
    found = understood(told, said((1, 1), (2, 0), (3, 2)))
    assert list(zip(IDS[found.title].tolist(), found.member.tolist(), strict=True)) == [
        (1, 2),
        (4, 0),
    ]


def test_of_one_members_ratings_the_latest_counts() -> None:
    """Wherever it was given; of two at once the one that was read later. Others keep theirs."""
    found = understood(
        rows(
            entry(1, rating=5, source=0, moment=20),
            entry(1, rating=1, source=1, moment=10),
            entry(2, rating=1, moment=0),
            entry(2, rating=5, source=1, moment=0),
            entry(1, 2, rating=1),
        )
    )
    assert found.y.tolist() == [1, 1, 0]
    assert found.left_out == {"superseded": 2}


def test_who_rates_where_is_a_group_of_its_own() -> None:
    """Groups are numbered without gaps, also those of a part."""
    found = understood(rows(entry(1), entry(2, source=1), entry(3, 2), entry(4)))
    assert len(set(found.group.tolist())) == 3
    assert found.group[0] == found.group[3]
    assert sorted(set(found.part(found.group != found.group[0]).group.tolist())) == [0, 1]


def test_the_fingerprint_follows_what_is_learnt_from() -> None:
    """Not the order in which it was read, nor what is left out; without ratings it is as before."""
    entries = [entry(1), entry(2, rating=2), entry(3, 2), entry(NO_TITLE)]
    evidence = Evidence(NOTHING_SAID)
    found = replace(evidence, recalled=understood(rows(*entries))).fingerprint()
    turned = replace(evidence, recalled=understood(rows(*entries[2::-1]))).fingerprint()
    other = replace(evidence, recalled=understood(rows(entry(1), *entries[2:]))).fingerprint()
    nothing = replace(evidence, recalled=understood(rows(entries[3]))).fingerprint()
    assert found == turned != other
    assert nothing == evidence.fingerprint()


@given(
    st.lists(
        st.builds(
            entry,
            st.sampled_from([NO_TITLE, *range(1, 8), 10**15]),
            st.integers(0, 3),
            st.sampled_from([np.nan, 1.0, 3.0, 4.0, 5.0]),
            again=st.sampled_from([0, 1, NO_ANSWER]),
            moment=st.integers(0, 3),
            source=st.integers(0, 1),
            is_set_aside=st.sampled_from([0, 0, 0, 1]),
            is_written_here=st.sampled_from([0, 0, 0, 1]),
        )
    ),
    st.lists(st.tuples(st.integers(1, 8), st.integers(0, 3)), max_size=4),
)
def test_every_entry_is_accounted_for(
    entries: list[Entry], verdicts: list[tuple[int, int]]
) -> None:
    """Used or left out for one reason; of each member and title at most one is used."""
    found = understood(rows(*entries), said(*verdicts))
    assert found.read == len(entries) == len(found.y) + sum(found.left_out.values())
    assert set(found.left_out) <= set(REASONS)
    pairs = list(zip(found.title.tolist(), found.member.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert not {(int(IDS[title]), member) for title, member in pairs} & set(verdicts)
