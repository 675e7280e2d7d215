"""Spans for OpenTelemetry, where an endpoint is set and its packages are installed."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from threading import Thread
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.backend.api.metrics import OTHER, UNMATCHED, method_of, route_of
from app.backend.api.request_log import request_id
from app.backend.domain.errors import ExtraMissing

SERVICE: Final = "encore"
# How long one sending may take, and all of them once the server ends.
SECONDS: Final = 3
_FAULT: Final = 500
_CARRIERS: Final = (b"traceparent", b"tracestate")


@dataclass(frozen=True, slots=True)
class Tracing:
    """What makes spans, and what sends the last of them off."""

    tracer: Any
    propagator: Any
    close: Callable[[], None]


def tracing_to(endpoint: str) -> Tracing:
    """Return what traces to an endpoint, by OTLP over HTTP.

    Raises
    ------
    ExtraMissing
        Where OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "ENCORE_OTLP_ENDPOINT is set, and OpenTelemetry is not installed; install "
            "encore-tonight[otel]."
        ) from error
    about = {"service.name": SERVICE, "service.version": version("encore-tonight")}
    # At the exit of the process nothing waits for a collector that is not there.
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint, timeout=SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))

    def close() -> None:
        # Shutting down sends what is left, for half a minute if it must: it has no limit to set.
        ending = Thread(target=provider.shutdown, name="last-spans", daemon=True)
        ending.start()
        ending.join(SECONDS)
        if ending.is_alive():
            exporter.shutdown()  # type: ignore[no-untyped-call]  # else it would try again and again

    return Tracing(provider.get_tracer(SERVICE), TraceContextTextMapPropagator(), close)


class Traced:
    """Makes a span of each request, below the caller's own where it says which."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self.app = app
        self.tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer within a span."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415  # it is installed

        carried = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _CARRIERS
        }
        parent = self.tracing.propagator.extract(carried)
        status = _FAULT

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self.tracing.tracer.start_as_current_span(
            _method(scope), context=parent, kind=SpanKind.SERVER
        ) as span:
            try:
                await self.app(scope, receive, send_seen)
            finally:
                told = told_of(scope, status)
                span.update_name(f"{_method(scope)} {told.get('http.route', '')}".strip())
                span.set_attributes(told)
                if status >= _FAULT:
                    span.set_status(StatusCode.ERROR)


def told_of(scope: Scope, status: int) -> dict[str, str | int]:
    """Return what a span says of a request, by OpenTelemetry's names; never what follows a `?`."""
    route, server = route_of(scope), scope.get("server")
    told: dict[str, str | int] = {
        "http.request.method": "_OTHER" if method_of(scope) == OTHER else scope["method"],
        "http.response.status_code": status,
        "url.path": _path(scope),
        "url.scheme": scope["scheme"],
        "encore.request_id": request_id.get(),
    }
    if route != UNMATCHED:
        told["http.route"] = route
    if server is not None:
        told["server.address"] = server[0]
    if status >= _FAULT:
        told["error.type"] = str(status)
    return told


def _path(scope: Scope) -> str:
    """Return a request's path; what follows in the address of a webhook is a secret."""
    before, sign, _ = scope["path"].partition(_WEBHOOKS)
    path: str = before + sign
    return path[:_LONGEST_PATH]


def _method(scope: Scope) -> str:
    return "HTTP" if method_of(scope) == OTHER else str(scope["method"])


_LONGEST_PATH: Final = 200
_WEBHOOKS: Final = "/webhooks/"
