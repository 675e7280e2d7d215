"""What reading keeps in memory: codes and labels of every row, texts of one batch."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.backend.features.dataset import build
from app.backend.store.training_rows import read_feedback
from tests.bare_database import Bare, mood

BATCH_ROWS = 1_000
FEW, MANY = 10_000, 40_000
BYTES_KEPT = 50
# Columns are put together one by one while their parts still lie there.
MOST_BYTES = 1.6 * BYTES_KEPT


@pytest.fixture
def traced() -> Iterator[None]:
    """Trace what is allocated."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


def written(rows: int, path: Path) -> Session:
    """Write so many verdicts and open a session on them."""
    said = [mood(word) for word in ("funny", "action", "dramatic", "relaxing")]
    return Session(
        Bare(
            [(n, f"Title {n}", "Comedy", 95, 1999) for n in range(1, 51)],
            [(n, n % 50 + 1, said[n % 4], "solo", "short") for n in range(1, rows + 1)],
            [(n, n, n % 5 + 1, n % 2) for n in range(1, rows + 1)],
        ).write(path)
    )


def peak_bytes(session: Session, batch_rows: int) -> int:
    """Return the most that was allocated while feedback was read."""
    read_feedback(session, batch_rows)  # what is made once is there from now on
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    read_feedback(session, batch_rows)
    _, most = tracemalloc.get_traced_memory()
    return most - before


@pytest.mark.usefixtures("traced")
def test_a_row_takes_what_its_columns_take(tmp_path: Path) -> None:
    """Four times the rows in batches of one size add so many columns, and no texts."""
    with written(FEW, tmp_path / "few.db") as few, written(MANY, tmp_path / "many.db") as many:
        added = peak_bytes(many, BATCH_ROWS) - peak_bytes(few, BATCH_ROWS)
        assert BYTES_KEPT <= added / (MANY - FEW) <= MOST_BYTES
        assert peak_bytes(many, MANY) > 1.2 * peak_bytes(many, BATCH_ROWS)


@pytest.mark.usefixtures("traced")
def test_batches_of_x_take_what_one_of_them_takes(tmp_path: Path) -> None:
    """However many rows there are; the whole of X takes far more."""
    with written(MANY, tmp_path / "many.db") as session:
        training = build(read_feedback(session), 2028)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    for X, _y in training.batches(BATCH_ROWS):
        one = X.nbytes
    _, most = tracemalloc.get_traced_memory()
    assert most - before < 4 * one
    assert one * (MANY // BATCH_ROWS) == training.X.nbytes
