"""What Prometheus asks for: requests as they come, and the household as it is.

Where several processes serve, each writes its counts into files of a shared folder, which
`PROMETHEUS_MULTIPROC_DIR` names; whoever is asked adds them up.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.backend.api.addresses import API_PREFIX, path_of
from app.backend.workflows.observation import PROPENSITIES, Observation, Observer

SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS_SECONDS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
UNMATCHED: Final = "unmatched"
OTHER: Final = "other"
STATIC: Final = "/static"


@dataclass(slots=True)
class Meters:
    """What is counted while requests are answered."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    requests: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    under_way: Gauge = field(init=False)
    slates: Counter = field(init=False)
    impressions: Counter = field(init=False)
    propensity: Counter = field(init=False)
    notices: Counter = field(init=False)
    _counted: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    _timed: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set every meter to nothing."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # when each began is noise
        registry = self.registry
        self.requests = Counter(
            "encore_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "encore_http_request_seconds",
            "How long an answer took.",
            ("route",),
            buckets=BUCKETS_SECONDS,
            registry=registry,
        )
        self.under_way = Gauge(
            "encore_http_requests_under_way",
            "Requests that are being answered.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.slates = Counter("encore_slates", "Slates that were drawn.", registry=registry)
        self.impressions = Counter(
            "encore_impressions", "Titles that were shown.", registry=registry
        )
        self.propensity = Counter(
            "encore_propensity",
            "The sum of the chances that shown titles had of their places.",
            registry=registry,
        )
        self.notices = Counter(
            "encore_notices",
            "Messages of media servers, by who tells and what became of them.",
            ("teller", "outcome"),
            registry=registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        counted = self._counted.get((method, route, status))
        if counted is None:
            counted = self.requests.labels(method, route, str(status))
            self._counted[method, route, status] = counted
            self._timed[route] = self.seconds.labels(route)
        counted.inc()
        self._timed[route].observe(seconds)


class Measured:
    """Counts requests and how long they take, by the shape of their address."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.meters.under_way.inc()
        try:
            await self.app(scope, receive, send_seen)
        finally:
            self.meters.under_way.dec()
            seconds = time.perf_counter() - begun
            self.meters.answered(method_of(scope), route_of(scope), status, seconds)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_of(scope: Scope) -> str:
    """Return a request's method; those that anybody may make up are all `other`."""
    method: str = scope["method"]
    return method if method in _METHODS else OTHER


def route_of(scope: Scope) -> str:
    """Return the shape of a request's address; never the address, which anybody may make up."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is None:
        # The files of pages stand below a mount, which is no route.
        return STATIC if type(scope.get("endpoint")) is StaticFiles else UNMATCHED
    # A router knows its routes without what they are mounted under.
    is_mounted = path_of(scope).startswith(API_PREFIX) and not path.startswith(API_PREFIX)
    return API_PREFIX + path if is_mounted else path


@dataclass(slots=True, eq=False)
class HouseholdCollector(Collector):
    """The household as an observer sees it."""

    observer: Observer

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        seen = self.observer.look()
        yield from _plain(seen)
        yield from _labelled(seen)


def exposed(meters: Meters, observer: Observer) -> bytes:
    """Return all metrics as Prometheus reads them."""
    registry = CollectorRegistry()
    shared = os.environ.get(SHARED_FOLDER)
    if shared:
        _forget_the_dead(Path(shared))
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    collector = HouseholdCollector(observer)
    registry.register(collector)
    parts = [generate_latest(registry)]
    if not shared:
        parts.insert(0, generate_latest(meters.registry))
    return b"".join(parts)


def _forget_the_dead(shared: Path) -> None:
    """Drop what processes were about to answer when they were killed; what they counted stays."""
    for path in shared.glob("gauge_live*.db"):
        found = _PROCESS.search(path.name)
        if found is not None and not _is_alive(int(found[1])):
            mark_process_dead(int(found[1]), str(shared))  # type: ignore[no-untyped-call]


_PROCESS: Final = re.compile(r"_(\d+)\.db$")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is somebody else's
        return True
    return True


def _plain(seen: Observation) -> Iterator[Metric]:
    shown = seen.impressions
    mass = _each(shown.propensity_sum, shown.slates)
    inverse = _each(shown.inverse_sum, shown.count)
    rate, watched = _each(shown.rated, shown.count), _each(shown.watched, shown.count)
    figures: tuple[tuple[str, str, float | None], ...] = (
        ("encore_titles", "Titles that may be shown.", seen.titles),
        ("encore_feedback", "Verdicts on record.", seen.feedback),
        ("encore_feedback_rate", "Of the latest impressions, those that were rated.", rate),
        ("encore_watched_rate", "Of the latest impressions, those that were watched.", watched),
        ("encore_slate_propensity_mass", "Mean sum of propensities of the latest slates.", mass),
        ("encore_inverse_propensity_mean", "Mean of 1 / propensity of the latest.", inverse),
        ("encore_propensity_least", "Least of the latest propensities.", shown.propensity_least),
        ("encore_model_fallback", "1 where the champion cannot be opened.", seen.is_fallback),
        ("encore_model_age_seconds", "Since it was trained.", seen.model_age_seconds),
        ("encore_run_age_seconds", "Since the last run ended.", seen.last_run_age_seconds),
    )
    for name, text, value in figures:
        if value is not None:
            yield GaugeMetricFamily(name, text, value)


def _each(total: float, count: int) -> float | None:
    return total / count if count else None


def _labelled(seen: Observation) -> Iterator[Metric]:
    shown = seen.impressions
    shares = {
        str(most): count / shown.count
        for most, count in zip(PROPENSITIES, shown.by_propensity, strict=True)
        if shown.count
    }
    recent = {str(days): count for days, count in seen.recent_feedback.items()}
    model = {seen.model_version or "rules": 1.0}
    yield _family("encore_model", "The version that answers.", "version", model)
    yield _family("encore_runs", "The latest training runs by their state.", "state", seen.runs)
    yield _family("encore_feedback_recent", "Verdicts of the last days.", "days", recent)
    text = "The latest imports, and readings of sources, by their state."
    yield _family("encore_imports", text, "state", seen.imports)
    read_at = {name: at.timestamp() for name, at in seen.read_at.items()}
    text = "When a source was read last, in seconds since 1970."
    yield _family("encore_source_last_sync_timestamp_seconds", text, "source", read_at)
    text = "1 where somebody has to decide before a source is read again."
    yield _family("encore_source_asks", text, "source", seen.asks)
    text = "Share of the latest impressions with at most that propensity."
    yield _family("encore_propensity_share", text, "up_to", shares)
    text = "Population stability index since the champion."
    yield _family("encore_drift", text, "group", seen.drift)
    for name, (text, attribute) in _CALIBRATION.items():
        fared = {who: getattr(found, attribute) for who, found in seen.calibration.items()}
        yield _family(f"encore_served_{name}", text, "model", fared)


def _family(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for said, value in values.items():
        family.add_metric([said], value)
    return family


_CALIBRATION: Final = {
    "verdicts": ("The latest verdicts on what was served.", "verdicts"),
    "mean_probability": ("What was promised for them, on average.", "mean_probability"),
    "positive_rate": ("How many of them were positive.", "positive_rate"),
    "log_loss": ("Log loss of the probabilities that were served.", "log_loss"),
    "brier_score": ("Brier score of the probabilities that were served.", "brier_score"),
    "calibration_error": ("Expected calibration error of the probabilities served.", "error"),
}
