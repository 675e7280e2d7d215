"""Writes the catalogues of messages anew: what pages and code say, and what it is in each language.

`make catalogues` finds every message and keeps every translation; what is new is left empty, and
what nobody says any more goes. Nothing in the files depends on when or where they were written.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from app.backend.api.tongue import ENGLISH, LANGUAGES

ROOT: Final = Path(__file__).parents[1]
LOCALES: Final = ROOT / "app" / "frontend" / "locales"
TEMPLATE: Final = LOCALES / "encore.pot"
KEYWORDS: Final = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
WIDTH: Final = 100
# Where messages are, and what finds them there.
SOURCES: Final = (
    ("app/frontend/templates", ("*.html", "*.svg"), "jinja2.ext:babel_extract"),
    ("app/backend/api", ("*.py",), "python"),
)
# A template that cannot be read is an error, and lines that are broken for the eye are one.
OPTIONS: Final = {"silent": "false", "trimmed": "true", "newstyle_gettext": "true"}

_NOTE: Final = "# Written by `make catalogues`; only what stands after msgstr is to be changed.\n"
_HEADERS: Final = (
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
)


def template() -> Catalog:
    """Return every message that pages and code have, without a translation."""
    found = Catalog(fuzzy=False)
    for folder, patterns, method in SOURCES:
        for path in _files(ROOT / folder, patterns):
            name = path.relative_to(ROOT).as_posix()
            with path.open("rb") as file:
                for _, message, _, context in extract(method, file, KEYWORDS, (), OPTIONS):
                    found.add(message, None, [(name, 1)], context=context)
    return found


def path_of(language: str) -> Path:
    """Return where the catalogue of a language is."""
    return LOCALES / language / "LC_MESSAGES" / "encore.po"


def catalogue(language: str) -> Catalog:
    """Return the catalogue of a language as it is written; an empty one where there is none."""
    path = path_of(language)
    text = path.read_bytes() if path.exists() else b""
    return read_po(io.BytesIO(text), language)


def updated(language: str, messages: Catalog) -> Catalog:
    """Return the catalogue of a language with exactly these messages."""
    found = catalogue(language)
    found.update(messages, no_fuzzy_matching=True)
    return found


def text_of(messages: Catalog) -> str:
    """Return a catalogue as it is written: sorted, and the same whenever it is written."""
    written = io.BytesIO()
    write_po(
        written,
        messages,
        width=WIDTH,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    return f"{_header(messages)}\n{written.getvalue().decode().strip()}\n"


def _files(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    yield from sorted(path for pattern in patterns for path in folder.rglob(pattern))


def _header(messages: Catalog) -> str:
    lines = list(_HEADERS)
    if messages.locale is not None:
        lines = [f"Language: {messages.locale}", *lines, f"Plural-Forms: {messages.plural_forms}"]
    told = "".join(f'"{line}\\n"\n' for line in lines)
    return f'{_NOTE}msgid ""\nmsgstr ""\n{told}'


def main() -> None:
    """Write the template and the catalogue of every language."""
    messages = template()
    TEMPLATE.write_text(text_of(messages), encoding="utf-8")
    sys.stdout.write(f"{TEMPLATE.relative_to(ROOT)}: {len(messages)} messages\n")
    for language in LANGUAGES:
        if language == ENGLISH.language:
            continue
        found, path = updated(language, messages), path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(found), encoding="utf-8")
        missing = sum(not one.string or not all(one.string) for one in found if one.id)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {missing} to be translated\n")


if __name__ == "__main__":
    main()
