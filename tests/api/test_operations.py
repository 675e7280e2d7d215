"""What watches over an installation is told: readiness, metrics, logs, traces."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from app.backend.api.app import Manner, create_app
from app.backend.api.request_log import OnceInAWhile, OneLine, configure_logging
from app.backend.api.tracing import tracing_to
from app.backend.domain.evening import Verdict
from app.backend.store.observation_reads import Served
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.observation import calibration
from tests.api.conftest import speaking_with
from tests.workflows.evenings import Ticking, say

ASKED = {"mood": "funny", "group_size": "couple", "session_length": "medium"}
DOCUMENTED = Path(__file__).parents[2] / "docs" / "operations.md"


def figures(client: TestClient) -> dict[str, float]:
    """Return the metrics that are told, by name and labels."""
    families = list(text_string_to_metric_families(client.get("/metrics").text))
    assert len({family.name for family in families}) == len(families)
    return {
        f"{sample.name}{sample.labels or ''}": sample.value
        for family in families
        for sample in family.samples
    }


def test_metrics_count_what_is_answered_and_shown(client: TestClient) -> None:
    """Requests by route and status, slates, impressions and the mass of their propensities."""
    picks = [client.post("/api/v1/recommendations", json=ASKED).json()["picks"] for _ in range(3)]
    client.get("/api/v1/titles/1")
    client.get("/no/such/address")
    seen = figures(client)
    route = {"method": "POST", "route": "/api/v1/recommendations", "status": "201"}
    assert seen[f"encore_http_requests_total{route}"] == 3
    titles = {"method": "GET", "route": "/api/v1/titles/{media_id}", "status": "200"}
    assert seen[f"encore_http_requests_total{titles}"] == 1
    unmatched = {"method": "GET", "route": "unmatched", "status": "404"}
    assert seen[f"encore_http_requests_total{unmatched}"] == 1
    assert (seen["encore_slates_total"], seen["encore_impressions_total"]) == (3, 12)
    mass = sum(pick["propensity"] for slate in picks for pick in slate)
    assert seen["encore_propensity_total"] == pytest.approx(mass)
    assert seen["encore_slate_propensity_mass"] == pytest.approx(mass / 3)


def test_metrics_tell_how_served_probabilities_fared(
    client: TestClient, household: Household, clock: Ticking
) -> None:
    """Verdicts on what was shown are compared with what was promised for it."""
    pick = client.post("/api/v1/recommendations", json=ASKED).json()["picks"][0]
    with household.database.writing() as session:
        say(session, Verdict(pick["recommendation_id"], 5, would_watch_again=True), clock)
    clock.advance(seconds=60)
    seen = figures(client)
    assert seen["encore_served_verdicts{'model': 'all'}"] == 1
    promised = seen["encore_served_mean_probability{'model': 'all'}"]
    assert promised == pytest.approx(pick["probability"])
    assert seen["encore_served_brier_score{'model': 'all'}"] == pytest.approx((1 - promised) ** 2)
    assert seen["encore_feedback_rate"] == pytest.approx(1 / 4)
    assert seen["encore_model{'version': 'rules'}"] == 1
    assert seen["encore_runs{'state': 'failed'}"] == 0


def test_every_metric_is_documented(client: TestClient) -> None:
    """Each family that is told is in the page for operators, and each one there is told."""
    client.post("/api/v1/recommendations", json=ASKED)
    found = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(client.get("/metrics").text)
    }
    written = set(re.findall(r"^\| `(encore_\w+)", DOCUMENTED.read_text(), re.MULTILINE))
    assert found <= written
    assert written - found <= {"encore_model_age_seconds", "encore_run_age_seconds"} | {
        name for name in written if name.startswith("encore_served_") or name == "encore_drift"
    }


def test_probabilities_that_came_true_are_calibrated() -> None:
    """Half of what is promised by half comes: no error; what never comes is one."""
    fair = [Served(0.5, is_positive=bool(at % 2), version=None) for at in range(100)]
    found = calibration(fair)
    assert found is not None
    assert [found.error, found.brier_score] == pytest.approx([0.0, 0.25])
    wrong = calibration([Served(0.9, is_positive=False, version="a")] * 10)
    assert wrong is not None
    assert wrong.error == pytest.approx(0.9)
    assert calibration([]) is None


def test_a_server_that_was_told_to_stop_is_not_ready(client: TestClient) -> None:
    """It says so with 503, as long as it still answers."""
    assert client.get("/readyz").json() == {"status": "ready"}
    client.app.state.is_stopping = True  # type: ignore[attr-defined]  # it is FastAPI's
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "shutting_down")


def test_requests_have_names(client: TestClient) -> None:
    """One that is plain is kept; any other is replaced, and each answer carries its own."""
    kept = client.get("/healthz", headers={"x-request-id": "evening-7.a"})
    assert kept.headers["x-request-id"] == "evening-7.a"
    for odd in ("a b", "x" * 65, "é", "a\tb"):
        made = client.get("/healthz", headers=[(b"x-request-id", odd.encode())])
        assert re.fullmatch(r"[0-9a-f]{16}", made.headers["x-request-id"])
    names = {client.get("/healthz").headers["x-request-id"] for _ in range(5)}
    assert len(names) == 5


@pytest.fixture
def logged(
    household: Household, small_library: Imported
) -> Iterator[tuple[TestClient, io.StringIO]]:
    """Speak with an application that logs each request as JSON."""
    assert small_library.counts.added
    root, access = logging.getLogger(), logging.getLogger("app.access")
    before = root.handlers[:], root.level, access.level
    stream = io.StringIO()
    configure_logging("json", stream)
    try:
        with speaking_with(create_app(household, manner=Manner(is_logged=True))) as client:
            yield client, stream
    finally:
        root.handlers[:], root.level = before[0], before[1]
        access.setLevel(before[2])


def test_secrets_are_never_logged(logged: tuple[TestClient, io.StringIO]) -> None:
    """Neither a key, nor a cookie, nor a password, nor what stands behind a question mark."""
    client, stream = logged
    canaries = ["enc_canary1", "canary2", "canary-password-3", "canary4"]
    client.get("/api/v1/models?cursor=canary4", headers={"authorization": f"Bearer {canaries[0]}"})
    client.get("/api/v1/models", headers={"cookie": f"encore_session={canaries[1]}"})
    client.post("/api/v1/sessions", json={"name": "ada", "password": canaries[2]})
    lines = stream.getvalue().splitlines()
    told = [json.loads(line) for line in lines]
    assert [one["status"] for one in told if one["logger"] == "app.access"] == [401, 200, 401]
    assert not [canary for canary in canaries if canary in stream.getvalue()]


@given(st.text(), st.booleans())
def test_an_event_is_one_line(message: str, as_json: bool) -> None:
    """Whatever stands in it, it ends no line and begins none."""
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "%s", (message,), None)
    record.told = {"caller": message}
    line = OneLine(as_json=as_json).format(record)
    assert len(line.splitlines()) == 1
    if as_json:
        assert json.loads(line).get("message", "") == message


def test_a_warning_comes_once_in_a_while() -> None:
    """The same one passes once a second, and then says how often it was held back."""
    now = [0.0]
    sieve = OnceInAWhile(lambda: now[0])
    records = [logging.LogRecord("x", logging.WARNING, "x", 1, "no", None, None) for _ in range(5)]
    assert [sieve.filter(record) for record in records[:4]] == [True, False, False, False]
    now[0] = 1.5
    assert sieve.filter(records[4])
    assert records[4].__dict__["told"] == {"held_back": 3}
    fault = logging.LogRecord("x", logging.ERROR, "x", 1, "no", None, None)
    assert sieve.filter(fault)
    assert sieve.filter(fault)


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Run a collector of spans; yield its address and what it was sent."""
    sent: list[bytes] = []

    class Collecting(BaseHTTPRequestHandler):
        """Takes what is posted."""

        def do_POST(self) -> None:  # the library's name
            """Keep the body."""
            sent.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Collecting)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", sent
    finally:
        server.shutdown()
        server.server_close()


def test_spans_reach_a_collector(household: Household, small_library: Imported) -> None:
    """Each request is a span below the caller's, by the shape of its address."""
    assert small_library.counts.added
    trace = "0af7651916cd43dd8448eb211c80319c"
    with collector() as (endpoint, sent):
        manner = Manner(tracing=tracing_to(endpoint))
        with speaking_with(create_app(household, manner=manner)) as client:
            parent = f"00-{trace}-b7ad6b7169203331-01"
            client.get("/api/v1/titles/1?secret=1", headers={"traceparent": parent})
        spans = []
        for body in sent:
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                spans += [span for scope in resource.scope_spans for span in scope.spans]
    assert [span.name for span in spans] == ["GET /api/v1/titles/{media_id}"]
    assert spans[0].trace_id.hex() == trace
    told = {one.key: one.value.string_value or one.value.int_value for one in spans[0].attributes}
    assert told["http.response.status_code"] == 200
    assert told["url.path"] == "/api/v1/titles/1"
