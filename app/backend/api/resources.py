"""Which methods each address answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from re import Pattern

from fastapi.routing import APIRoute
from starlette.routing import compile_path


@dataclass(frozen=True, slots=True)
class Resources:
    """Every route, by the shape of its address: the plainer shape answers where two would."""

    shapes: tuple[tuple[int, Pattern[str], frozenset[str]], ...]

    @classmethod
    def of(cls, routes: Iterable[tuple[str, APIRoute]]) -> "Resources":
        """Return the resources of routes, each with what its address begins with."""
        by_shape: dict[str, set[str]] = {}
        for prefix, route in routes:
            by_shape.setdefault(prefix + route.path, set()).update(route.methods or ())
        found = [
            (shape.count("{"), compile_path(shape)[0], frozenset(methods))
            for shape, methods in by_shape.items()
        ]
        return cls(tuple(sorted(found, key=lambda one: one[0])))

    def allowed(self, path: str) -> frozenset[str]:
        """Return the methods that an address answers; none where there is nothing."""
        for _, shape, methods in self.shapes:
            if shape.match(path):
                return methods
        return frozenset()
