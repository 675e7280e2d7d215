"""The rules of the house that no other tool checks: sizes, names, documents, edges."""

import ast
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import typer

from app.backend.__main__ import FACES
from app.backend.cli import make_cli
from app.backend.domain.runs import LEAST_PAIRS
from app.backend.features import interactions, questions, schema
from app.backend.learning import evaluation, gate, recall_trial, splits
from app.backend.ranking.candidates import RESTING_DAYS
from app.backend.ranking.slate import Policy
from app.backend.settings import Settings
from app.backend.store import promised
from docs import data_sheet, generate

ROOT = Path(__file__).parents[1]
BACKEND = ROOT / "app" / "backend"
SOURCES = sorted(BACKEND.rglob("*.py"))
ALL_CODE = [
    *SOURCES,
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted(ROOT.glob("benchmarks/*.py")),
]
BANNED_NAMES = {"utils", "helpers", "common", "misc", "manager", "base"}
MOST_FILE_LINES = 300
MOST_FUNCTION_LINES = 40
MOST_CLASS_LINES = 200
# The only places that may end a transaction, ask the time, or draw a seed out of nothing.
MAY_COMMIT = {"store/session.py"}
MAY_ASK_THE_TIME = {"domain/clock.py"}
MAY_DRAW_A_SEED = {"domain/randomness.py", "workflows/tokens.py"}


def code_lines(node: ast.AST, text: list[str]) -> int:
    """Count the lines of a definition that hold code: no docstring, comment or blank line."""
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    said = set(range(first.lineno, (first.end_lineno or 0) + 1)) if documented else set()
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    counted = [text[n - 1].strip() for n in lines if n not in said]
    return sum(bool(line) and not line.startswith("#") for line in counted)


def definitions(path: Path) -> Iterator[tuple[ast.AST, int]]:
    """Yield every function and class of a file with its lines of code."""
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node, code_lines(node, text.splitlines())


@pytest.mark.parametrize("path", ALL_CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_are_small(path: Path) -> None:
    """Files, functions and classes keep to their sizes, and no file is a shared drawer."""
    is_migration = "versions" in path.parts
    assert path.stem not in BANNED_NAMES
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_FILE_LINES or "tests" in path.parts, f"{lines} lines"
    for node, size in definitions(path):
        most = MOST_CLASS_LINES if isinstance(node, ast.ClassDef) else MOST_FUNCTION_LINES
        name = getattr(node, "name", "")
        assert size <= most or is_migration, f"{name} has {size} lines of code"


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (r"\.commit\(", MAY_COMMIT),
        (r"datetime\.(now|utcnow|today)\(|time\.time\(", MAY_ASK_THE_TIME),
        (r"\bsecrets\.|np\.random\.(seed|rand|normal|choice)\b|^import random", MAY_DRAW_A_SEED),
    ],
    ids=["transactions", "time", "chance"],
)
def test_edges_own_transactions_time_and_chance(pattern: str, allowed: set[str]) -> None:
    """Below the edges nobody commits, asks the time or draws a seed."""
    found = {
        str(path.relative_to(BACKEND))
        for path in SOURCES
        if re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert found <= allowed


def test_one_module_knows_pickles() -> None:
    """Only the module of exports opens what could run code; nothing that serves imports it."""
    naming = {
        str(path.relative_to(BACKEND))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and {alias.name for alias in node.names} & {"pickle", "joblib", "cloudpickle", "dill"}
    }
    assert naming <= {"registry/exports.py"}


@pytest.mark.parametrize("name", list(generate.pages()))
def test_generated_pages_follow_the_code(name: str) -> None:
    """A page that is written from the code is up to date; `make docs` writes it."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == generate.pages()[name]


def test_everything_is_documented() -> None:
    """Each setting, verb, error, route, check and feature group has its place in the docs."""
    text = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
    for name in Settings.model_fields:
        assert f"`ENCORE_{name.upper()}`" in text["settings.md"]
    for error in generate.error_classes():
        assert f"`{error.code}`" in text["errors.md"]
    for path in generate.openapi()["paths"]:
        assert path in text["api.md"]
    for question in questions.every_question():
        assert f"### {question.id}\n" in text["data-checks.md"]
    for table, columns in {**promised.PROMISED, **promised.OPTIONAL}.items():
        known = {*promised.PROMISED[table], *columns}
        assert known <= data_sheet.MEANINGS[table].keys()
    assert set(promised.CODES) <= data_sheet.MEANINGS["feedback"].keys()
    patterns = [one for names, *_ in data_sheet.COLUMNS for one in names.split(", ")]
    for name in schema.FEATURE_NAMES:
        assert any(fnmatch(name, one) for one in patterns), name
    for group in interactions.GROUPS:
        assert f"`{group[0]}`" in text["features.md"]


def test_every_verb_takes_json_and_says_what_it_does() -> None:
    """Each verb of the command line has --json, a sentence of help, and help for every option."""
    for path, verb in generate.verbs(typer.main.get_command(make_cli(FACES))):
        assert verb.help, path
        options = {name for parameter in verb.params for name in parameter.opts}
        assert "--json" in options, path
        assert all(parameter.help for parameter in verb.params), path


def test_the_gate_is_told_with_its_own_numbers() -> None:
    """What the page on how it works says of the gate and the slate is what the code does."""
    told = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    policy = Policy()
    for fact in (
        f"at least {evaluation.LEAST_ROWS} later rows",
        f"{gate.LEAST_PROBABILITY:.0%}".replace("%", " %"),
        f"{gate.margin_nats(0)} nats ({gate.margin_nats(200)} from 200 rows on)",
        f"at most {gate.PAIR_MARGIN * 100:.0f} points fewer of at least {LEAST_PAIRS} pairs",
        f"with {gate.LEAST_SLICE_ROWS} rows is worse than the rules by {gate.SLICE_MARGIN_NATS}",
        f"in the last {RESTING_DAYS} days",
        f"From {splits.FIRST_TEST_SHARE * 100:.0f} % of the evenings on",
        f"if there are {recall_trial.LEAST_RATINGS}:",
        f"than the rules, with {gate.LEAST_PROBABILITY * 100:.0f} % certainty",
        f"luck\nwould, with {gate.LEAST_TASTE_PROBABILITY * 100:.0f} % certainty",
    ):
        assert fact in told
    assert (policy.exploration, policy.pool) == (0.1, 20), "the page says one in ten, of twenty"


def test_changelog_and_package_agree_on_the_version() -> None:
    """The newest entry of the changelog is the version of the package."""
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == package["version"]


def test_links_between_documents_lead_somewhere() -> None:
    """A relative link in a document names a file that exists."""
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://", "mailto:")):
                assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_locks_name_hashes_and_no_index() -> None:
    """Every locked package has a hash, and no address of an index is written down."""
    for path in (ROOT / "locks").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
        pinned = re.findall(r"^[\w.-]+==", text, re.MULTILINE)
        assert len(pinned) > 10


def test_decisions_have_the_same_shape() -> None:
    """Each decision has a number, a context, a decision and consequences."""
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text(encoding="utf-8")
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert heading in text, f"{path.name} lacks {heading}"
