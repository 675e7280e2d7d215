"""The card of a version: what it is, learnt from, good for and not good for, for people to read."""

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from app import frontend
from app.backend.registry.card_facts import CardFacts
from app.backend.registry.card_view import card_view

__all__ = ["CardFacts", "card_html", "card_markdown"]

# Letters that could end a cell, begin a tag, a link or code, or make a line something else.
_MARKS: Final = {mark: f"&#{ord(mark)};" for mark in "\\`*|[]<>~"} | {"&": "&amp;", "<": "&lt;"}
_AT_A_BORDER: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_BEGINS_A_BLOCK: Final = re.compile(r"([-+=#](?!\d)|\d+[.)](?=\s|$))")
# Characters that turn the direction of what follows them, so that it reads as something else.
_TURNS: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def card_markdown(facts: CardFacts) -> str:
    """Return a card in Markdown, the same text for the same facts."""
    return _environment("markdown").get_template("card.md").render(card_view(facts))


def card_html(facts: CardFacts) -> str:
    """Return a card as one HTML document that needs nothing else: no script, no other file."""
    style = resources.files(frontend).joinpath("static", "encore.css").read_text(encoding="utf-8")
    # The style is a file of Encore's own, not a value.
    told = {"style": Markup(style), **card_view(facts)}  # noqa: S704
    return _environment("html").get_template("card.html").render(told)


@cache
def _environment(kind: str) -> Environment:
    """Return how templates are read: every value passes through what makes it harmless."""
    return Environment(
        loader=PackageLoader("app.frontend", "templates"),
        autoescape=kind == "html",  # noqa: S701  # Markdown has escapes of its own, below
        finalize=_line if kind == "html" else _markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _line(value: object) -> object:
    """Return a text on one line, without what cannot be written, seen, or trusted to read so."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    written = value.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(map(_visible, written)).split())


def _visible(letter: str) -> str:
    if letter in _TURNS:
        return ""
    return " " if unicodedata.category(letter) == "Cc" else letter


def _markdown(value: object) -> object:
    """Return a text that Markdown shows as it is, wherever it stands."""
    line = _line(value)
    if not isinstance(line, str):
        return line
    escaped = _AT_A_BORDER.sub("&#95;", "".join(_MARKS.get(letter, letter) for letter in line))
    block = _BEGINS_A_BLOCK.match(escaped)
    if block is None:
        return escaped
    # The last letter of what would begin a list or a heading.
    at = block.end() - 1
    return f"{escaped[:at]}&#{ord(escaped[at])};{escaped[at + 1 :]}"
