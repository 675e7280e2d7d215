"""Who serves is what was decided last; every decision stays on record."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from app.backend.domain.errors import ChampionChanged
from app.backend.domain.runs import Promotion, Run, Version, lineage
from app.backend.store import versions
from app.backend.store.session import Database
from tests.store.test_jobs import begun
from tests.store.test_session import in_threads
from tests.workflows.evenings import FRIDAY_EVENING

A, B = "20261120T201500-aaaaaaaaaaaa", "20261121T201500-bbbbbbbbbbbb"


def version_of(run: Run, name: str) -> Version:
    """Return a version that a run could have made."""
    return Version(
        version=name,
        created_at=FRIDAY_EVENING,
        family="glmix",
        parent=None,
        run_id=run.id,
        digest="d" * 64,
        manifest={"seed": run.seed, "parent": None},
        metrics={"feedback_count": 3, "models": {"rules": {"roc_auc": None}}},
        files={"card.md": "c" * 64},
    )


def decided(name: str | None, kind: str = "gate", hours: int = 0) -> Promotion:
    """Return a decision for a version."""
    return Promotion(name, FRIDAY_EVENING + timedelta(hours=hours), "It did better.", kind)


@pytest.fixture
def two(database: Database) -> Run:
    """Two versions of one run, none of which serves."""
    run = begun(database)
    with database.writing() as session:
        for name in (A, B):
            versions.write_version(session, version_of(run, name))
    return run


def test_who_serves_is_what_was_promoted_last(database: Database, two: Run) -> None:
    """First the rules, then each promoted version, then the rules where they were put back."""
    assert two.is_active
    served = []
    for name in (A, B, None):
        with database.reading() as session:
            served.append(versions.champion(session))
        with database.writing() as session:
            versions.write_promotion(session, decided(name))
    with database.reading() as session:
        assert versions.champion(session) is None
        known = versions.read_versions(session, 5)
        ledger = versions.read_ledger(session)
    assert [one and one.version[-4:] for one in served] == [None, "aaaa", "bbbb"]
    assert all(one.is_champion for one in served if one)
    assert [(one.version, one.is_champion) for one in known] == [(B, False), (A, False)]
    assert [one.version for one in ledger] == [A, B, None]


def test_a_version_comes_back_as_it_was_written(database: Database, two: Run) -> None:
    """Digest, manifest, metrics and files are what was recorded; an unknown version is none."""
    with database.reading() as session:
        assert versions.read_version(session, A) == version_of(two, A)
        assert versions.read_version(session, "another") is None


def test_a_version_of_no_run_and_a_promotion_of_no_version_are_refused(
    database: Database, two: Run
) -> None:
    """Nothing serves that no run made."""
    stray = version_of(replace(two, id=two.id + 1), "20261122T201500-cccccccccccc")
    with pytest.raises(IntegrityError), database.writing() as session:
        versions.write_version(session, stray)
    with pytest.raises(IntegrityError), database.writing() as session:
        versions.write_promotion(session, decided("another"))


def test_a_run_promotes_at_most_once(database: Database, two: Run) -> None:
    """The database itself refuses a second publication of the same run."""
    once = replace(decided(A), run_id=two.id)
    with database.writing() as session:
        versions.write_promotion(session, once)
    with pytest.raises(IntegrityError), database.writing() as session:
        versions.write_promotion(session, once)


def test_a_promotion_is_refused_where_another_version_serves_by_now(
    database: Database, two: Run
) -> None:
    """Whoever expected something else is told what serves, and nothing changes."""
    assert two.is_active
    with database.writing() as session:
        versions.promote(session, decided(A), None)
    with pytest.raises(ChampionChanged, match=A) as refused, database.writing() as session:
        versions.promote(session, decided(B), None)
    assert refused.value.details == {"champion": A, "expected_champion": None}
    with database.reading() as session:
        assert versions.champion_name(session) == A


def test_of_eight_who_promote_at_once_one_succeeds(database: Database, two: Run) -> None:
    """All of them expected the rules; seven are told that another was quicker."""
    assert two.is_active
    refused: list[ChampionChanged] = []

    def promote(_number: int) -> None:
        try:
            with database.writing() as session:
                versions.promote(session, decided(A), None)
        except ChampionChanged as error:
            refused.append(error)

    in_threads(promote, count=8)
    assert len(refused) == 7
    with database.reading() as session:
        assert len(versions.read_ledger(session)) == 1


def test_a_version_is_set_aside_or_pruned_once(database: Database, two: Run) -> None:
    """The first mark stays; a version that has one is not usable."""
    assert two.is_active
    with database.writing() as session:
        assert versions.mark_version(session, A, {"pruned_at": FRIDAY_EVENING})
        assert not versions.mark_version(session, A, {"set_aside_at": FRIDAY_EVENING})
    with database.reading() as session:
        pruned, whole = versions.read_version(session, A), versions.read_version(session, B)
    assert pruned is not None
    assert whole is not None
    assert (pruned.is_usable, pruned.pruned_at, pruned.set_aside_at) == (
        False,
        FRIDAY_EVENING,
        None,
    )
    assert whole.is_usable


DECISIONS = st.lists(
    st.tuples(
        st.sampled_from([None, "a", "b", "c"]),
        st.sampled_from(["gate", "hand", "rollback", "damage", "library"]),
    ),
    max_size=12,
)


@given(DECISIONS)
def test_the_lineage_ends_with_who_serves_and_repeats_nobody_in_a_row(
    said: list[tuple[str | None, str]],
) -> None:
    """However decisions follow each other: the last of the lineage is what was decided last."""
    ledger = [decided(name, kind) for name, kind in said]
    served = lineage(ledger)
    assert served[-1] == (ledger[-1].version if ledger else None)
    assert all(one != other for one, other in pairwise(served))


def test_rolling_back_twice_goes_back_twice() -> None:
    """The second step leads further back, not forward again."""
    ledger = [decided("a"), decided("b"), decided("c")]
    ledger.append(decided(lineage(ledger)[-2], "rollback"))
    assert lineage(ledger) == [None, "a", "b"]
    ledger.append(decided(lineage(ledger)[-2], "rollback"))
    assert lineage(ledger) == [None, "a"]
    ledger.append(decided("d"))
    assert lineage(ledger) == [None, "a", "d"]
