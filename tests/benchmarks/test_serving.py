"""The benchmark of serving: its client, its view of processes, its bodies, its report."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from app.backend.features.encode import for_context
from benchmarks import serving_apps, serving_in_process, serving_rounds, serving_swap
from benchmarks.load import MOST_IN_A_ROW, Outcome, Plan, ask, percentile
from benchmarks.peer_models import ranker
from benchmarks.serving_answers import parsed
from benchmarks.serving_bars import Findings
from benchmarks.serving_household import Made, made, request, titles
from benchmarks.serving_in_process import InProcess
from benchmarks.serving_jobs import (
    KEPT_TEN,
    NOTHING,
    ROW,
    ROWS,
    ROWS_IN_WORDS,
    SLATE,
    of_empty_route,
)
from benchmarks.serving_peers import (
    BENTOML,
    EMPTY,
    ENCORE,
    MLSERVER,
    Contender,
    doing_nothing,
    encore,
)
from benchmarks.serving_processes import (
    Running,
    Unserved,
    asked,
    first_answer,
    free_port,
    running,
)
from benchmarks.serving_report import record, report
from benchmarks.serving_rounds import Measured, Rounds, Started
from benchmarks.serving_swap import Swapped

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b'{"ok":true}'
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'4\r\n{"ok\r\n7;x=1\r\n":true}\r\n0\r\n\r\n'
)
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n" + b'{"ok":true}'
REFUSED = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
OTHER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
HANG_UP = b""


@pytest.fixture(scope="module")
def household(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A small household with two versions."""
    return made(tmp_path_factory.mktemp("household"), 120, 30)


@asynccontextmanager
async def answering(answer: Callable[[int], bytes]) -> AsyncIterator[str]:
    """Serve what `answer` says for each request, counted over all connections."""
    numbers = count()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                said = answer(next(numbers))
                if said == HANG_UP:
                    break
                writer.write(said)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"127.0.0.1:{port}"


def came_of(answer: Callable[[int], bytes], **plan: object) -> Outcome:
    """Carry a plan out against a server that answers so."""

    async def both() -> Outcome:
        async with answering(answer) as address:
            said: dict[str, object] = {"requests": 60, "connections": 3, "holds": '"ok"', **plan}
            return await ask(Plan(address, "/", ("{}", '{"a":1}'), **said))  # type: ignore[arg-type]

    return asyncio.run(both())


@pytest.mark.parametrize("whole", [OK, CHUNKED, CLOSING])
def test_an_answer_is_read_once_it_is_whole(whole: bytes) -> None:
    """No part of an answer is one; what follows it is left."""
    assert all(parsed(whole[:size]) is None for size in range(len(whole)))
    found = parsed(whole + b"HTTP/1.1 200")
    assert found is not None
    assert (found.body, found.size) == (b'{"ok":true}', len(whole))
    assert found.closes == (whole == CLOSING)


@pytest.mark.parametrize("nonsense", [b"HELO\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_what_is_no_answer_is_refused(nonsense: bytes) -> None:
    """Neither another protocol nor an answer of unknown length is taken for one."""
    with pytest.raises(ValueError, match="answer"):
        parsed(nonsense)


@pytest.mark.parametrize("answer", [OK, CHUNKED, CLOSING])
def test_every_request_of_a_plan_is_answered_once(answer: bytes) -> None:
    """Over connections that stay open, or that the server closes after each answer."""
    seen: list[int] = []

    def answered(number: int) -> bytes:
        seen.append(number)
        return answer

    found = came_of(answered)
    assert (found.answered, found.failures, len(seen)) == (60, {}, 60)
    assert 0 < found.p50_ms <= found.p99_ms


@pytest.mark.parametrize(
    ("wrong", "called"),
    [(REFUSED, "status 503"), (OTHER, "another body"), (HANG_UP, "no answer")],
)
def test_what_is_no_right_answer_is_counted(wrong: bytes, called: str) -> None:
    """Each failure is counted by what it is; right answers are counted beside it."""
    found = came_of(lambda number: wrong if number % 6 == 0 else OK)
    assert (found.answered, found.failures) == (50, {called: 10})
    assert found.failed == 10


def test_a_server_that_only_fails_is_given_up() -> None:
    """The client does not go on for ever."""
    found = came_of(lambda _: REFUSED, requests=10_000)
    assert found.answered == 0
    assert MOST_IN_A_ROW <= found.failed < 10_000


def test_values_that_are_watched_are_counted() -> None:
    """What a name has in each right answer is told with how often it came."""
    names = [b'{"ok":1,"by":"a"}', b'{"ok":1,"by":null}']

    def answer(number: int) -> bytes:
        body = names[number % 3 == 0]
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    assert came_of(answer, watched="by").watched == {"a": 40, "null": 20}


def test_a_plan_without_an_end_is_ended_from_outside() -> None:
    """What was begun is still answered."""

    async def stopped() -> Outcome:
        stop = asyncio.Event()

        def answer(number: int) -> bytes:
            if number == 100:
                stop.set()
            return OK

        async with answering(answer) as address:
            return await ask(Plan(address, "/", ("{}",), holds='"ok"'), stop)

    found = asyncio.run(stopped())
    assert found.answered > 100
    assert not found.failed


def test_percentiles_are_values_that_came() -> None:
    """The nearest rank, and nothing in between."""
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Running]:
    """An application that does nothing, as a child of what was started."""
    port = free_port()
    program = f"{sys.executable} -m benchmarks.serving_apps {serving_apps.BARE} {port} & wait"
    with running(["sh", "-c", program], port, {}, tmp_path / "log") as server:
        yield server


def test_children_of_a_server_are_weighed_and_end_with_it(bare: Running) -> None:
    """A shell that waits uses nothing: what is told is its child's."""
    first_answer(bare, serving_apps.PATH, "{}", serving_apps.HOLDS)
    plan = Plan(bare.address, serving_apps.PATH, ("{}",), 500, 8, serving_apps.HOLDS)
    before = bare.cpu_seconds()
    found = asked(plan)
    pss, rss = bare.memory_mb()
    assert (found.answered, found.failed) == (500, 0)
    assert bare.cpu_seconds() >= before > 0
    assert 5 < pss <= rss


def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    """What it printed is in the error."""
    command = [sys.executable, "-c", "raise SystemExit('no room')"]
    with (
        running(command, free_port(), {}, tmp_path / "log") as server,
        pytest.raises(Unserved, match="no room"),
    ):
        first_answer(server, "/", "{}", "")


def test_what_peers_serve_is_the_champion(household: Made, tmp_path: Path) -> None:
    """Rows have its probabilities, and ten titles are its best, kept or ranked anew."""
    ranker.save(tmp_path, household.predictor, household.ids, household.encoded)
    opened, asked_for = ranker.opened(str(tmp_path)), request(7)
    expected = household.predictor.moments(
        for_context(asked_for.context.code, household.encoded)
    ).probability
    words = (asked_for.mood, asked_for.group_size, asked_for.session_length)
    ids, probability = opened.ranked(*words)
    assert probability == np.sort(expected)[::-1][: ranker.TOP].tolist()
    assert expected[np.searchsorted(household.ids, ids)].tolist() == probability
    assert opened.kept(*words) == (ids, probability)


def test_encore_answers_all_it_is_asked(household: Made, tmp_path: Path) -> None:
    """Every body is one that Encore takes."""
    found = serving_rounds.measure([encore(household)], 1, 0.1, tmp_path)
    assert (found.failures, found.absent) == ({}, {})
    assert {job for _, job in found.jobs} == {SLATE, ROWS, ROWS_IN_WORDS}
    assert all(one.answered and not one.failed for each in found.jobs.values() for one in each)


def test_servers_take_turns(tmp_path: Path) -> None:
    """Each is measured once a round; one that is not there, or does not start, is told of."""
    absent = Contender(BENTOML, lambda _: [], (), missing="nobody has it")
    broken = Contender(MLSERVER, lambda _: [sys.executable, "-c", ""], of_empty_route())
    whole = doing_nothing(serving_apps.BARE)
    found = serving_rounds.measure([whole, absent, broken], 2, 0.05, tmp_path)
    assert {name: len(each) for name, each in found.starts.items()} == {whole.name: 2}
    assert [len(each) for each in found.jobs.values()] == [2]
    assert set(found.absent) == {BENTOML, MLSERVER}


def test_champions_change_under_load(household: Made, tmp_path: Path) -> None:
    """Both versions answer, and nothing fails."""
    found = serving_swap.measure(household, tmp_path, swaps=2)
    assert (found.outcome.failed, found.late) == (0, 0)
    assert set(found.outcome.watched) == set(household.versions)


def test_ways_in_process_are_told_by_name(household: Made) -> None:
    """Every way is measured, the pipeline with crossed columns among them."""
    found = serving_in_process.measure(household, 0.01)
    assert found.titles == 120
    assert serving_in_process.CROSSED in found.cpu_ms
    assert serving_in_process.KNOWN in found.cpu_ms
    columns = np.arange(2.0 * 36).reshape(2, 36)
    assert serving_in_process.crossed(columns).shape == (2, 36 + 10 * 26)


def test_a_generator_makes_the_same_titles_again() -> None:
    """By seed; another seed makes others."""
    assert titles(50) == titles(50)
    assert titles(50) != titles(50, seed=1)


def findings(*, failed: int = 0, late: int = 0, cpu_ms: float = 1.0) -> Findings:
    """Return figures as a run could have found them."""
    rounds = Rounds(
        jobs={
            (ENCORE, SLATE): [Measured(10, 0, one, 2.0, 9.0) for one in (0.2, 0.5, 0.25)],
            (ENCORE, ROWS): [Measured(10, 0, cpu_ms, 2.0, 9.0)] * 3,
            (EMPTY[serving_apps.OWN], NOTHING): [Measured(10, 0, 0.1, 1.0, 2.0)] * 3,
            (BENTOML, ROW): [Measured(10, 0, one, 2.0, 9.0) for one in (0.8, 1.0, 0.75)],
        },
        starts={ENCORE: [Started(1.0, 0.5, 80.0, 90.0)]},
        absent={MLSERVER: "it is not named\nand more"},
    )
    in_process = InProcess(
        20,
        {
            serving_in_process.NEW: 0.4,
            serving_in_process.KNOWN: 0.05,
            serving_in_process.CROSSED: 40.0,
            serving_in_process.MATRIX: 0.1,
        },
    )
    failures = {"status 503": failed} if failed else {}
    outcome = Outcome(90, failures, 1.0, 1.0, 2.0, {"a": 45, "b": 45})
    return Findings(20, 3, 1.0, rounds, in_process, Swapped(20, late, outcome))


def test_ratios_are_those_of_the_middle_round() -> None:
    """Each round's figures are held against each other, not the medians."""
    assert findings().times(BENTOML, ROW) == pytest.approx(3.0)
    assert findings().times(BENTOML, KEPT_TEN) is None


def test_the_report_says_which_bars_were_held() -> None:
    """A bar that nobody measured is neither held nor missed."""
    told = report(findings())
    for line in (
        "Not measured: MLServer (it is not named).",
        f"| Slates a CPU second, over BentoML: {ROW} | at least 3.0 times | 3.0 times | held |",
        "| Slates a CPU second, over MLServer | at least 3.0 times | - | not measured |",
        (
            "| Slates a CPU second, over an empty route of the same application "
            "| at least 0.60 times | 0.40 times | missed |"
        ),
        "| Seconds from the start to the first slate | at most 3.0 | 1.0 | held |",
        "| Memory of the serving process (PSS), after all jobs | at most 150 MB | 80 MB | held |",
        "| 100 given titles over HTTP | at most 2.00 CPU ms | 1.00 CPU ms | held |",
        "| A new context, in passes over the matrix | at most 3.0 | 4.0 | missed |",
        "| Requests that failed as champions changed | at most 0 | 0 | held |",
    ):
        assert line in told.splitlines()
    assert "2.50 CPU ms | missed" in report(findings(cpu_ms=2.5))


def test_only_wrong_answers_are_faults() -> None:
    """A bar that is missed is none; requests that fail and stale answers are."""
    assert findings(cpu_ms=99.0).faults() == []
    assert len(findings(failed=1).faults()) == 1
    assert len(findings(late=2).faults()) == 1
    wrong = findings()
    wrong.over_http.failures[BENTOML] = ["one row's probability: {'status 503': 2}"]
    assert wrong.faults() == []
    assert "Wrong answers: BentoML, one row's probability" in report(wrong)
    wrong.over_http.failures[ENCORE] = ["a slate: {'status 500': 1}"]
    assert len(wrong.faults()) == 1


def test_the_record_is_json() -> None:
    """Programs read all that people are told."""
    told = json.loads(json.dumps(record(findings())))
    assert [one["held"] for one in told["bars"]].count(None) == 1
    assert told["absent"] == {MLSERVER: "it is not named\nand more"}
