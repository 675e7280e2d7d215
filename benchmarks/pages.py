"""Figures in the documentation: blocks that a benchmark replaces by what it measured."""

from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def replace_block(name: str, block: str) -> None:
    """Replace what stands between a block's marks on the page of benchmarks.

    Raises
    ------
    ValueError
        Where the page does not have the marks.
    """
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    text = PAGE.read_text("utf-8")
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{PAGE.name} has no block {name}")
    PAGE.write_text(f"{before}{begin}\n{block}\n{end}{after}", "utf-8")
