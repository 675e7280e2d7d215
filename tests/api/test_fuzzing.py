"""The whole interface against its own description, by a fuzzer, over real HTTP."""

from pathlib import Path

from tests.api.fuzzing import fuzzed, prepared, served

EXAMPLES = 25
FEWEST_CASES = 1_500


def test_every_answer_is_one_that_is_described(empty_database_url: str, tmp_path: Path) -> None:
    """No 5xx, no status and no shape that the description lacks; wrong input is refused.

    PostgreSQL is asked with a key, SQLite as whoever sits at an Encore that nobody owns yet; the
    long form asks SQLite both ways.
    """
    is_owned = empty_database_url.startswith("postgresql")
    key = prepared(tmp_path, empty_database_url, owned=is_owned)
    with served(tmp_path, empty_database_url) as url:
        result = fuzzed(url, key, EXAMPLES, seed=1)
    assert result.is_clean, result.report[-20_000:]
    assert result.cases >= FEWEST_CASES
    assert "Traceback" not in (tmp_path / "log").read_text()
