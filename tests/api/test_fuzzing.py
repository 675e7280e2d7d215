"""The whole interface against its own description, by a fuzzer, over real HTTP."""

from pathlib import Path

import pytest

from tests.api.fuzzing import fuzzed, prepared, served

EXAMPLES = 25
FEWEST_CASES = 1_500


@pytest.mark.parametrize("owned", [True, False], ids=["with a key", "unclaimed"])
def test_every_answer_is_one_that_is_described(
    empty_database_url: str, tmp_path: Path, owned: bool
) -> None:
    """No 5xx, no status and no shape that the description lacks; wrong input is refused."""
    key = prepared(tmp_path, empty_database_url, owned=owned)
    with served(tmp_path, empty_database_url) as url:
        result = fuzzed(url, key, EXAMPLES, seed=1)
    assert result.is_clean, result.report[-20_000:]
    assert result.cases >= FEWEST_CASES
    assert "Traceback" not in (tmp_path / "log").read_text()
