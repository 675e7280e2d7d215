"""Figures in the documentation: blocks that a benchmark replaces by what it measured."""

from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
PAGE: Final = DOCS / "benchmarks.md"
FEATURES: Final = DOCS / "features.md"


def replace_block(name: str, block: str, page: Path | None = None) -> None:
    """Replace what stands between a block's marks, on the page of benchmarks or another.

    Raises
    ------
    ValueError
        Where the page does not have the marks.
    """
    page = PAGE if page is None else page
    before, _, after = _parts(name, page)
    begin, end = _marks(name)
    page.write_text(f"{before}{begin}\n{block}\n{end}{after}", "utf-8")


def marked_block(name: str, page: Path) -> str:
    """Return a block as it stands on a page, with its marks, for whoever writes the page anew."""
    begin, end = _marks(name)
    return f"{begin}{_parts(name, page)[1]}{end}"


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- begin: {name} -->", f"<!-- end: {name} -->"


def _parts(name: str, page: Path) -> tuple[str, str, str]:
    """Return what stands before a block, in it, and after it."""
    begin, end = _marks(name)
    before, found, rest = page.read_text("utf-8").partition(begin)
    block, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{page.name} has no block {name}")
    return before, block, after
