"""Who watches is said on the command line, as under Settings."""

import pytest

from tests.cli.conftest import Run, read

ANNA = {"id": 1, "name": "Anna", "age_limit": None, "is_here": True}


def test_who_was_added_is_listed(run: Run) -> None:
    """A member who was added is listed, with their age limit, in words and as JSON."""
    assert "encore members add NAME" in run("members", "list").output
    assert read(run("members", "add", " Anna ", "--json"))["member"] == ANNA
    run("members", "add", "Ben", "--age-limit", "12")
    assert run("members", "list").output == "Anna\nBen, up to 12 years\n"
    ben = {"id": 2, "name": "Ben", "age_limit": 12, "is_here": True}
    assert read(run("members", "list", "--json")) == {"members": [ANNA, ben]}


def test_what_is_not_said_stays(run: Run) -> None:
    """Another name leaves the age limit as it was, and the other way round."""
    run("members", "add", "Ben", "--age-limit", "12")
    assert run("members", "change", "ben", "--name", "Benno").output == "Benno, up to 12 years\n"
    assert run("members", "change", "Benno", "--age-limit", "0").output == "Benno, up to 0 years\n"
    assert run("members", "change", "Benno", "--no-age-limit").output == "Benno\n"


def test_who_left_can_be_added_again(run: Run) -> None:
    """Who left stays on the list, cannot be changed, and comes back under the same number."""
    run("members", "add", "Anna")
    assert run("members", "leave", "anna").output == "Anna, who left\n"
    assert run("members", "list").output == "Anna, who left\n"
    assert "encore members add" in run("members", "change", "Anna", "--age-limit", "6").output
    assert read(run("members", "add", "anna", "--json"))["member"] == ANNA | {"name": "anna"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "Anna"), "conflict"),
        (("add", " "), "invalid_input"),
        (("add", "Ben", "--age-limit", "-1"), "invalid_input"),
        (("change", "Anna", "--age-limit", "6", "--no-age-limit"), "invalid_input"),
        (("change", "Zoe", "--name", "Anna"), "invalid_input"),
        (("leave", "Zoe"), "invalid_input"),
    ],
)
def test_what_cannot_be_changes_nothing(run: Run, words: tuple[str, ...], code: str) -> None:
    """A wrong name or limit is a named error, and everybody stays as they were."""
    run("members", "add", "Anna")
    assert read(run("members", *words, "--json"), 2)["error"]["code"] == code
    assert read(run("members", "list", "--json"))["members"] == [ANNA]
