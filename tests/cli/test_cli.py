"""The command line, as a person and as a script use it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, read

THREE_BROKEN = """title,kind,year,minutes,genres
Alpha,movie,1999,95,Comedy|Drama
,movie,2001,100,Drama
Beta,movie,2005,ninety,Action
Gamma,movie,3000,100,Action
Delta,series,2011,25,Comédie
Epsilon,movie,2015,0,Sci-Fi & Fantasy
Zeta,movie,1985,101,Blorp
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A library with three broken lines."""
    path = tmp_path / "library.csv"
    path.write_text(THREE_BROKEN, encoding="utf-8")
    return path


def test_an_import_counts_every_line(run: Run, table: Path) -> None:
    """What was added and what was refused, with line and reason, add up to what was read."""
    told = read(run("import", "csv", str(table), "--json"))
    assert (told["read"], told["added"], len(told["refused"])) == (7, 4, 3)
    assert [refusal["where"] for refusal in told["refused"]] == ["line 3", "line 4", "line 5"]
    assert all(refusal["reason"] for refusal in told["refused"])
    assert told["unknown_genres"] == {"Blorp": 1}
    assert told["without_minutes"] == 1


def test_importing_twice_changes_nothing(run: Run, table: Path) -> None:
    """The second import finds everything as it was."""
    run("import", "csv", str(table))
    told = read(run("import", "csv", str(table), "--json"))
    assert (told["added"], told["updated"], told["unchanged"]) == (0, 0, 4)


def test_an_import_in_words_names_what_was_refused(run: Run, table: Path) -> None:
    """Without --json the counts and the reasons are sentences."""
    result = run("import", "csv", str(table))
    assert "4 added" in result.stdout
    assert "line 4" in result.stdout
    assert "Blorp" in result.stdout


def test_an_nfo_tree_becomes_a_library(run: Run, tmp_path: Path) -> None:
    """Films and series of a folder of NFO files are imported, twice without a change."""
    for number in range(20):
        folder = tmp_path / "films" / f"Film {number}"
        folder.mkdir(parents=True)
        text = (
            f"<movie><title>Film {number}</title><year>{1990 + number}</year>"
            f"<runtime>{80 + number}</runtime><genre>Komödie</genre></movie>"
        )
        (folder / "movie.nfo").write_text(text, encoding="utf-8")
    first = read(run("import", "nfo", str(tmp_path / "films"), "--json"))
    again = read(run("import", "nfo", str(tmp_path / "films"), "--json"))
    assert (first["added"], again["unchanged"]) == (20, 20)
    slate = read(run("recommend", "--mood", "funny", "--session", "short", "--json"))
    assert slate["picks"][0]["genres"] == ["Comedy"]


def test_the_loop_on_the_command_line(run: Run, table: Path) -> None:
    """Import, recommend, rate, list what is pending, train: each verb speaks JSON."""
    run("import", "csv", str(table))
    slate = read(run("recommend", "--mood", "funny", "--session", "binge", "--json"))
    assert slate["model_version"] is None
    assert "rules" in slate["served_by"]
    number = str(slate["picks"][0]["recommendation_id"])
    first = read(run("rate", number, "5", "--again", "--json"))
    again = read(run("rate", number, "5", "--again", "--json"))
    assert (first["is_new"], again["is_new"]) == (True, False)
    assert read(run("rate", "--json")) == {"pending": []}
    trained = read(run("train", "--json"))
    assert trained["state"] == "skipped"
    assert "both kinds" in trained["reason"]
    assert read(run("models", "list", "--json")) == {"champion": None, "models": []}


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("import", "csv", "no-such-file.csv"), 3, "source_unreadable"),
        (("import", "nfo", "no-such-folder"), 3, "source_unreadable"),
        (("recommend", "--mood", "funny"), 2, "library_empty"),
        (("rate", "1", "5", "--again"), 2, "not_found"),
        (("rate", "1"), 2, "invalid_input"),
        (("rate", "1", "5", "--again", "--member", ""), 2, "invalid_input"),
        (("models", "show", "20200101T000000-000000000000"), 2, "not_found"),
        (("models", "taste", "20200101T000000-000000000000"), 2, "not_found"),
    ],
)
def test_failures_have_an_exit_code_and_an_envelope(
    run: Run, words: tuple[str, ...], exit_code: int, code: str
) -> None:
    """A failure is the envelope alone on stdout with --json, and a sentence on stderr without."""
    assert read(run(*words, "--json"), exit_code)["error"]["code"] == code
    in_words = run(*words)
    assert in_words.exit_code == exit_code
    assert in_words.stdout == ""
    assert in_words.stderr.startswith("Error:")


def test_what_an_error_names_is_printed_as_it_is(run: Run) -> None:
    """Brackets in a path are neither colours nor an error of their own."""
    told = run("import", "csv", "films [/red] [bold].csv")
    assert told.exit_code == 3
    assert "films [/red] [bold].csv" in told.stderr


def test_usage_that_makes_no_sense_is_refused(run: Run) -> None:
    """An unknown mood or a rating out of range never reaches the household."""
    assert run("recommend", "--mood", "happy").exit_code == 2
    assert run("rate", "1", "6", "--again").exit_code == 2


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that cannot be is named, with its reason."""
    monkeypatch.setenv("ENCORE_DATABASE_URL", "oracle://somewhere")
    error = read(run("models", "list", "--json"), 5)["error"]
    assert error["code"] == "settings_invalid"
    assert "ENCORE_DATABASE_URL" in error["message"]
    monkeypatch.setenv("ENCORE_PORT", "many")
    assert "ENCORE_PORT" in read(run("models", "list", "--json"), 5)["error"]["message"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.org", ""])  # noqa: S104
def test_strangers_are_kept_out(run: Run, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """An address that others can reach is refused, as long as there is no login."""
    monkeypatch.setenv("ENCORE_HOST", host)
    assert read(run("serve", "--json"), 5)["error"]["code"] == "bind_refused"


def test_a_real_library_takes_the_demos_place(run: Run, table: Path) -> None:
    """The demo trains a model; one import ends it, and the rules serve again."""
    assert read(run("demo", "--json"))["demo"]["titles"] >= 300
    assert read(run("demo", "--json")) == {"demo": None}
    champion = read(run("models", "list", "--json"))["champion"]
    assert champion is not None
    assert read(run("models", "show", champion, "--json"))["is_champion"]
    assert read(run("models", "taste", "--json"))["version"] == champion
    told = read(run("import", "csv", str(table), "--json"))
    assert told["demo_titles_retired"] >= 300
    assert read(run("models", "list", "--json"))["champion"] is None
    slate = read(run("recommend", "--mood", "funny", "--session", "binge", "--json"))
    assert {pick["title"] for pick in slate["picks"]} <= {"Alpha", "Delta", "Epsilon", "Zeta"}
    trained = read(run("train", "--json"))
    assert trained["rows_used"] == 0
    left_out = {c["id"]: c["count"] for c in trained["quality"] if c["count"]}
    assert left_out == {"simulated": 60}


def test_what_a_mood_means_is_told_in_words(run: Run, table: Path) -> None:
    """The rules say what they call for, what decides between titles, and what brings nothing."""
    run("import", "csv", str(table))
    told = run("models", "taste")
    assert told.exit_code == 0
    assert "In a funny mood the rules call for Comedy" in told.stdout
    assert re.search(r"trust +100% +100%", told.stdout)
    assert "Practically nothing comes from: " in told.stdout
    by_name = read(run("models", "taste", "rules", "--json"))
    assert by_name == read(run("models", "taste", "--json"))
    assert by_name["version"] == "rules"


def test_a_demo_starts_over(run: Run, table: Path) -> None:
    """With --reset everything there was is forgotten."""
    run("import", "csv", str(table))
    assert read(run("demo", "--json")) == {"demo": None}
    assert read(run("demo", "--reset", "--json"))["demo"]["evenings"] == 60


def test_a_report_on_the_data_is_json_or_sentences(run: Run) -> None:
    """Both account for every row; the demo is clean, so nothing is left out."""
    run("demo")
    told = read(run("data-quality", "--json"))
    assert told["rows_read"] == told["rows_used"] == 60
    result = run("data-quality")
    assert "60 rows of feedback came in, 60 are learnt from." in result.stdout
    assert told["fingerprint"][:16] in result.stdout


def test_without_feedback_a_report_is_a_sentence(run: Run, table: Path) -> None:
    """There are no shares to tell."""
    run("import", "csv", str(table))
    result = run("data-quality")
    assert result.stdout == "0 rows of feedback came in, 0 are learnt from.\n"


def test_a_report_is_written_as_one_page(run: Run, tmp_path: Path) -> None:
    """It has its pictures and its style in itself, and asks for nothing from elsewhere."""
    run("demo")
    path = tmp_path / "report.html"
    assert str(path) in run("data-quality", "--html", str(path)).stdout
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") >= 2
    assert "<style>" in page
    assert "60 verdicts came in" in page
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\(|@import""", page)


def test_a_report_that_cannot_be_written_says_where_to(run: Run, tmp_path: Path) -> None:
    """The exit code is that of full or closed storage, and the sentence names the option."""
    told = read(run("data-quality", "--json", "--html", str(tmp_path)), exit_code=5)
    assert told["error"]["code"] == "storage_full"
    assert "--html" in told["error"]["message"]


def test_stdout_is_json_alone_in_a_real_process(tmp_path: Path, table: Path) -> None:
    """As a process of its own, a verb writes one JSON document to stdout and nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "app.backend", "import", "csv", str(table), "--json"],
        env={**os.environ, "ENCORE_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["added"] == 4
    assert done.stderr == ""
