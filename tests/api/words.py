"""Finds the words of a page that did not go through the catalogue."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Final

from app.backend.api.tongue import Tongue

OPEN: Final = "⟦"
CLOSE: Final = "⟧"
# What is not language, and moments, which no catalogue tells.
SILENT: Final = frozenset({"code", "kbd", "samp", "script", "style", "time"})
# Elements that hold nothing, and so are never closed.
VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
# What a person reads or hears of an attribute.
HUMAN: Final = frozenset(
    {"alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "label"}
    | {"placeholder", "title"}
)
SPOKEN_META: Final = frozenset({"description", "apple-mobile-web-app-title"})
BUTTONS: Final = frozenset({"submit", "button", "reset"})
# The name of the thing itself.
NAMES: Final = re.compile(r"\bEncore\b")
# Words for a script: a value of letters alone is a key, not a sentence.
_SEVERAL_WORDS: Final = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}")
_LETTER: Final = re.compile(r"[^\W\d_]")


class Marked(NullTranslations):
    """A language that says everything in English, between marks."""

    def gettext(self, message: str) -> str:
        """Return a message between marks."""
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form that goes with a number, between marks."""
        return self.gettext(msgid1 if n == 1 else msgid2)


MARKED: Final = Tongue("en", Marked())


@dataclass
class Words(HTMLParser):
    """Reads a page, and keeps what stands outside of the marks.

    Attributes
    ----------
    stray : list of str
        Words of text and of attributes that no catalogue said.
    """

    stray: list[str] = field(default_factory=list)
    inside: list[tuple[str, bool]] = field(default_factory=list)
    depth: int = 0

    def __post_init__(self) -> None:
        """Begin as any parser does."""
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Look at what an element says by its attributes; go into it."""
        said = {name: value or "" for name, value in attrs}
        is_silent = self._is_silent or tag in SILENT or said.get("translate") == "no"
        if not is_silent:
            self.stray += [
                f"{tag}[{name}]: {value}"
                for name, value in said.items()
                if _is_for_people(tag, name, said) and _LETTER.search(outside(value))
            ]
        if tag not in VOID:
            self.inside.append((tag, is_silent))

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Look at an element that closes itself, as SVG writes them."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Come out of an element, and of those in it that nobody closed."""
        while any(name == tag for name, _ in self.inside):
            if self.inside.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        """Look at text; a message may begin before an element and end behind it."""
        if self.inside and self.inside[-1][0] in {"script", "style"}:
            return
        stray = []
        for piece in re.split(f"([{OPEN}{CLOSE}])", data):
            if piece in {OPEN, CLOSE}:
                self.depth += 1 if piece == OPEN else -1
            elif not self.depth:
                stray.append(piece)
        text = NAMES.sub("", " ".join(stray))
        if not self._is_silent and _LETTER.search(text):
            self.stray.append(" ".join(data.split()))

    @property
    def _is_silent(self) -> bool:
        return bool(self.inside) and self.inside[-1][1]


def stray_words(page: str) -> list[str]:
    """Return what a page says outside of the marks, each once."""
    words = Words()
    words.feed(page)
    words.close()
    return list(dict.fromkeys(words.stray))


def outside(text: str) -> str:
    """Return what stands outside of the marks, without the name of the thing itself.

    Examples
    --------
    >>> outside("⟦It suits ⟦this mood⟧.⟧ and more")
    ' and more'
    """
    before = ""
    while before != text:
        before, text = text, re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", text)
    return NAMES.sub("", text)


def _is_for_people(tag: str, name: str, said: dict[str, str]) -> bool:
    if name == "content":
        return tag == "meta" and said.get("name") in SPOKEN_META
    if name == "value":
        return tag == "input" and said.get("type") in BUTTONS
    if name.startswith("data-"):
        return _SEVERAL_WORDS.search(outside(said[name])) is not None
    return name in HUMAN
