"""Writes the reference pages that follow from the code; a test fails where they do not."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import typer
from typer.core import TyperGroup

from app.backend.__main__ import FACES
from app.backend.api.app import create_app
from app.backend.cli import make_cli
from app.backend.domain import errors
from app.backend.domain.clock import system_clock
from app.backend.features import interactions, questions, recalled, schema
from app.backend.settings import Settings
from app.backend.workflows.household import open_household
from benchmarks.pages import FEATURES, marked_block
from docs.data_sheet import data_page
from docs.model_card import model_card_page

DOCS: Final = Path(__file__).parent
NOTE: Final = "<!-- Written by `make docs` from the code; change it there. -->\n"
# Groups whose number of weights depends on the household.
PLURALS: Final = {"text": "dimensions of words", "member": "members with effects of their own"}
FEATURES_BROUGHT: Final = """
## What each group brings

Figures of a run on simulated households, whose truth is known. A group is left out by taking its
variance away; columns are shuffled among contexts or titles to see what the model goes by. Nothing
was taken out of the model for these figures: what brings nothing to these households is held near
the rules by its own small variance, and others may differ there. Over a data set from elsewhere the
choice of variances drops groups: one that rows held out do not ask for ends near 0
([decision 17](decisions/0017-variances-by-held-out-rows.md)).

```sh
OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.feature_groups --write
```
"""


def pages() -> Mapping[str, str]:
    """Return the text of every generated page by its file name."""
    makers: dict[str, Callable[[], str]] = {
        "api.md": api_page,
        "cli.md": cli_page,
        "settings.md": settings_page,
        "errors.md": errors_page,
        "features.md": features_page,
        "data-checks.md": checks_page,
        "data.md": data_page,
        "model-card.md": model_card_page,
    }
    return {name: f"{NOTE}\n{make().strip()}\n" for name, make in makers.items()}


def settings_page() -> str:
    """Return the page of settings."""
    lines = [
        "# Settings\n",
        "Encore reads the environment once, when a command starts. Nothing needs to be set.\n",
        "| variable | default | what it is |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if str(field.default) else "empty"
        lines.append(f"| `ENCORE_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)


def errors_page() -> str:
    """Return the page of errors."""
    lines = [
        "# Errors\n",
        "Every error has a code for programs, a sentence that says what is wrong and what to do,",
        "and details. Over HTTP, and on the command line with `--json`, it has one shape:\n",
        "```json",
        json.dumps(errors.NotFound("There is no pick 7.").envelope(), indent=2),
        "```\n",
        "Exit codes: 2 wrong input or usage · 3 a library that cannot be read · 4 a model that",
        "cannot be used · 5 an installation that cannot do what it was asked to · 1 a fault.\n",
        "| code | HTTP | class | meaning |",
        "|---|---|---|---|",
    ]
    for error in error_classes():
        meaning = (error.__doc__ or "").strip().splitlines()[0]
        lines.append(f"| `{error.code}` | {error.status} | `{error.__name__}` | {meaning} |")
    return "\n".join(lines)


def error_classes() -> list[type[errors.EncoreError]]:
    """Return every error that can be raised: the leaves of the tree, in the order of the file."""
    found = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.EncoreError)
    ]
    return [error for error in found if not error.__subclasses__()]


def cli_page() -> str:
    """Return the page of verbs."""
    command = typer.main.get_command(make_cli(FACES))
    lines = ["# Command line\n", (command.help or "").strip(), ""]
    lines += [
        "Every verb takes `--json`: JSON alone on stdout, progress and faults on stderr.\n",
    ]
    for path, verb in verbs(command):
        lines += [f"## encore {path}\n", (verb.help or "").strip(), "", *_parameters(verb), ""]
    return "\n".join(lines)


def verbs(command: Any, path: str = "") -> list[tuple[str, Any]]:  # noqa: ANN401  # typer's own
    """Return every verb with the words that lead to it."""
    if not isinstance(command, TyperGroup):
        return [(path, command)]
    context = typer.Context(command)
    found = []
    for name in command.list_commands(context):
        found += verbs(command.get_command(context, name), f"{path} {name}".strip())
    return found


def _parameters(verb: Any) -> list[str]:  # noqa: ANN401  # typer's own
    rows = []
    for parameter in verb.params:
        if parameter.name == "help":
            continue
        is_option = parameter.param_type_name == "option"
        names = " / ".join([*parameter.opts, *parameter.secondary_opts])
        shown = names if is_option else parameter.name.upper()
        default = parameter.default if is_option else None
        told = f" Default: `{default}`." if isinstance(default, str | int) and default else ""
        rows.append(f"| `{shown}` | {parameter.help or ''}{told} |")
    return ["| parameter | meaning |", "|---|---|", *rows]


def api_page() -> str:
    """Return the page of routes."""
    spec = openapi()
    lines = [
        "# REST\n",
        spec["info"]["description"].strip(),
        "",
        "The whole contract is at `/api/v1/openapi.json` (OpenAPI 3.1). Encore listens on",
        "loopback only, as long as there is no login.\n",
    ]
    for path, methods in spec["paths"].items():
        for method, route in methods.items():
            lines += _route(path, method, route, spec)
    return "\n".join(lines)


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of an application over an empty household."""
    with (
        TemporaryDirectory() as folder,
        open_household("sqlite://", Path(folder), system_clock) as household,
    ):
        return create_app(household).openapi()


def _route(path: str, method: str, route: Mapping[str, Any], spec: Mapping[str, Any]) -> list[str]:
    lines = [f"## {method.upper()} {path}\n", route["description"].strip(), ""]
    body = route.get("requestBody", {}).get("content", {}).get("application/json", {})
    if body:
        lines += ["Body:\n", *_fields(_reference(body["schema"]), spec), ""]
    lines += ["| status | answer |", "|---|---|"]
    for status, answer in sorted(route["responses"].items()):
        content = answer.get("content", {}).get("application/json", {}).get("schema", {})
        name = _reference(content)
        lines.append(f"| {status} | {answer['description']}{f' `{name}`' if name else ''} |")
    return [*lines, ""]


def _fields(name: str, spec: Mapping[str, Any]) -> list[str]:
    found = spec["components"]["schemas"][name]
    if "oneOf" in found:
        names = [next(iter(one["properties"])) for one in found["oneOf"]]
        return [f"One of {', '.join(f'`{one}`' for one in names)}: see the description."]
    required = set(found.get("required", ()))
    rows = [
        f"| `{field}` | {'yes' if field in required else 'no'} | `{_kind(told)}` |"
        for field, told in found.get("properties", {}).items()
    ]
    return ["| field | required | values |", "|---|---|---|", *rows]


def _kind(told: Mapping[str, Any]) -> str:
    """Describe a schema in a few words."""
    if "anyOf" in told:
        return " or ".join(_kind(one) for one in told["anyOf"])
    if "enum" in told:
        return ", ".join(str(value) for value in told["enum"])
    words = [str(told.get("type", "object"))]
    bounds = (("minimum", "from"), ("maximum", "to"), ("exclusiveMaximum", "below"))
    words += [f"{word} {told[key]}" for key, word in bounds if key in told]
    if "maxLength" in told:
        words.append(f"up to {told['maxLength']} characters")
    return " ".join(words)


def _reference(found: Mapping[str, Any]) -> str:
    options = [found, *found.get("anyOf", ())]
    names = [option["$ref"].rsplit("/", 1)[-1] for option in options if "$ref" in option]
    return names[0] if names else ""


def features_page() -> str:
    """Return the page of features."""
    lines = [
        "# Features\n",
        f"`X` has {schema.FEATURE_COUNT} columns, all float64; what is missing is 0. The first",
        f"{schema.PROMISED_COUNT} are a promise to integrators. The schema has number",
        f"{schema.SCHEMA_NUMBER} and fingerprint `{schema.schema_fingerprint()[:16]}…`; a model of",
        "another schema is refused.\n",
        "| column | name |",
        "|---|---|",
        *(f"| {number} | `{name}` |" for number, name in enumerate(schema.FEATURE_NAMES)),
        "\n## Groups of interactions\n",
        "The mixed model weighs products of what was said and what a title is. A group's prior",
        "deviation is how far, in logits, one of its weights is expected to lie from the rules",
        "before any feedback; training re-estimates it.\n",
        "| group | weights | prior deviation |",
        "|---|---|---|",
    ]
    for name, contexts, titles, deviation in interactions.GROUPS:
        each = [PLURALS[word] for word in (*contexts, *titles) if word in PLURALS]
        weights = " x ".join([str(len(contexts) * len(titles)), *each])
        lines.append(f"| `{name}` | {weights} | {deviation} |")
    lines.append(f"| `title` | rated titles | {interactions.TITLE_DEVIATION} |")
    lines += ["", FEATURES_BROUGHT.strip(), "", marked_block("feature_groups", FEATURES)]
    return "\n".join(lines)


def checks_page() -> str:
    """Return the page of data checks."""
    lines = [
        "# Data checks\n",
        "Every row of feedback is asked these questions before training, and the whole of them",
        "when a quality report is made (`encore data-quality`). Each answer keeps a count and up",
        "to five example rows; what came in is always what is used plus what was left out.\n",
        "| severity | meaning |",
        "|---|---|",
        *(f"| {name} | {meaning} |" for name, meaning in questions.SEVERITIES.items()),
        "",
    ]
    groups = (
        (
            "Which rows are left out",
            (*questions.LEFT_OUT, questions.SUPERSEDED, questions.REPEATED),
        ),
        ("What is said of the evening", questions.OF_CONTEXTS),
        ("What is known of the title", questions.OF_TITLES),
        ("The whole data set", questions.OF_THE_WHOLE),
    )
    for heading, asked in groups:
        lines.append(f"## {heading}\n")
        for question in asked:
            lines += [
                f"### {question.id}\n",
                f"{question.question} *{question.severity.capitalize()}, {question.action}.*",
                f"{question.done}\n",
            ]
    lines += [
        "## Ratings from elsewhere\n",
        "Histories of media servers and of files are read beside feedback. Why an entry is not",
        "learnt from, as is asked in this order; the first reason counts:\n",
        "| reason | why |",
        "|---|---|",
        *(f"| `{reason}` | {why} |" for reason, why in recalled.REASONS.items()),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
