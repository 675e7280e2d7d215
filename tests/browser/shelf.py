"""A media server with films that look like films, and a history that fits some of them."""

import math
import struct
import zlib
from typing import Final

from tests.media_servers.fake_jellyfin import World, film

FILMS: Final = (
    "The Long Matinee", "Night Shift", "The Lighthouse Road", "Paper Boats", "Third Reel",
    "Harbour Lights", "A Winter Errand", "The Clockmaker", "Salt and Smoke", "Northbound",
    "The Quiet Hour", "Dust on the Lens", "Five Past Midnight", "The Orchard", "Sea of Glass",
    "Small Hours", "Greenhouse", "The Understudy", "Red Kite", "Overture",
)  # fmt: skip
RATED: Final = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    "2026-01-03,Night Shift,1962,https://boxd.it/a,4.5\n"
    "2026-01-04,Matinee,1993,https://boxd.it/b,3\n"
    "2026-02-01,The Clock Maker,1980,https://boxd.it/c,5\n"
    "2026-02-02,Northbound,1970,https://boxd.it/d,2\n"
)
COLOURS: Final = (
    ((32, 52, 79), (217, 164, 65)),
    ((90, 31, 47), (240, 217, 192)),
    ((30, 77, 62), (232, 226, 196)),
    ((58, 45, 92), (242, 181, 167)),
    ((138, 59, 18), (251, 230, 197)),
)
WIDTH, HEIGHT = 200, 300

Colour = tuple[int, int, int]


def attic() -> World:
    """Return a Jellyfin of twenty films that all fit an evening, each with a poster."""
    films = [film(number, Name=name) for number, name in enumerate(FILMS, start=1)]
    posters = {item["Id"]: poster(number) for number, item in enumerate(films)}
    return World(items=films, posters=posters)


def poster(number: int) -> bytes:
    """Draw a poster: a disc before a sky, in PNG."""
    sky, disc = COLOURS[(number // len(COLOURS) + number) % len(COLOURS)]
    x, y, radius = 60 + 37 * number % 80, 90 + 23 * number % 90, 40 + 11 * number % 30
    rows = [_row(at, sky, disc, (x, y, radius)) for at in range(HEIGHT)]
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _row(at: int, sky: Colour, disc: Colour, circle: tuple[int, int, int]) -> bytes:
    x, y, radius = circle
    shade = 0.6 + 0.4 * at / HEIGHT
    behind = bytes(round(part * shade) for part in sky)
    half = math.sqrt(max(0, radius**2 - (at - y) ** 2))
    left, right = max(0, round(x - half)), min(WIDTH, round(x + half))
    return behind * left + bytes(disc) * (right - left) + behind * (WIDTH - right)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
