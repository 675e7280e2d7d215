"""Fills in the forms of a page and sends them, as a browser without JavaScript does."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from fastapi.testclient import TestClient
from httpx2 import Response


@dataclass
class Button:
    """What sends a form; `words` are what a person reads and hears on it."""

    name: str | None
    value: str
    words: str = ""


@dataclass
class Form:
    """A form, as it stands when the page opens."""

    action: str
    chosen: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    def sent(self, button: Button, changes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return what the form says, with some of its fields filled in otherwise."""
        said: dict[str, list[str]] = {}
        for name, value in self.chosen:
            said.setdefault(name, []).append(value)
        for name, values in changes.items():
            said[name] = list(values)
        if button.name is not None:
            said.setdefault(button.name, []).append(button.value)
        return {name: values for name, values in said.items() if values}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.is_in_form = self.is_in_button = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_in_form = True
            self.found.append(Form(said["action"]))
        elif self.is_in_form and tag == "button":
            self.is_in_button = True
            self.found[-1].buttons.append(Button(said.get("name"), said.get("value", "")))
        elif self.is_in_form and tag == "input":
            is_choice = said.get("type") in {"radio", "checkbox"}
            if "checked" in said or not is_choice:
                self.found[-1].chosen.append((said["name"], said.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_in_form = False
        elif tag == "button":
            self.is_in_button = False

    def handle_data(self, data: str) -> None:
        if self.is_in_button and self.found:
            self.found[-1].buttons[-1].words += data


def forms(page: str) -> list[Form]:
    """Return the forms of a page, in their order."""
    parser = _Forms()
    parser.feed(page)
    return parser.found


def buttons(page: str) -> Iterator[tuple[Form, Button]]:
    """Yield every button of a page, and the form that it sends."""
    for form in forms(page):
        for button in form.buttons:
            yield form, button


def press(
    client: TestClient, page: str, words: str, **changes: Sequence[str] | tuple[()]
) -> Response:
    """Press the first button whose words begin so, after choosing other values for some fields."""
    form, button = next(
        (form, button) for form, button in buttons(page) if button.words.startswith(words)
    )
    return client.post(form.action.partition("#")[0], data=form.sent(button, changes))


def follow(client: TestClient, answer: Response) -> str:
    """Go where an answer leads, and return the page."""
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    return page.text
