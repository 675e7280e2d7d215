"""What the tests of the library's pages share: sending forms, and waiting for what they begin."""

import time
from typing import Final

from fastapi.testclient import TestClient

PAGE: Final = {"accept": "text/html"}


def over(client: TestClient, path: str = "/library") -> str:
    """Return a page once no import is under way."""
    for _ in range(600):
        if not client.get("/library/progress").text.strip():
            return client.get(path).text
        time.sleep(0.05)
    raise AssertionError("the import never ended")


def follow(client: TestClient, path: str, **data: str | list[str]) -> str:
    """Send a form and return the page that it leads to."""
    answer = client.post(path, data=data, headers=PAGE)
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"].partition("#")[0]).text


def refused(client: TestClient, path: str, **data: str | list[str]) -> str:
    """Send a form that is refused with what is wrong, and return the page that says so."""
    answer = client.post(path, data=data, headers=PAGE)
    assert answer.status_code in {409, 422}
    assert 'role="alert"' in answer.text
    return answer.text


def bring(client: TestClient, content: bytes, name: str, member: str = "household") -> str:
    """Send a history, and return the page on which its import is over."""
    sent = {"file": (name, content)}
    answer = client.post(
        "/library/histories/files", files=sent, data={"member": member}, headers=PAGE
    )
    assert answer.status_code == 303, answer.text
    return over(client, "/library/histories")
