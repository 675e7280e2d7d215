"""Errors have codes that programs can rely on, and one shape when they leave the process."""

import json
import re
from collections.abc import Iterator

import pytest

from app.backend.domain import errors
from app.backend.domain.errors import EncoreError, InputError, NothingFits, OperationError

CODES = {
    "shutting_down": 503,
    "conflict": 409,
    "not_signed_in": 401,
    "forbidden": 403,
    "owner_there": 409,
    "owner_needed": 409,
    "too_many_attempts": 429,
    "request_reused": 409,
    "backup_damaged": 422,
    "backup_too_new": 422,
    "backup_too_old": 422,
    "not_empty": 409,
    "body_too_large": 413,
    "champion_changed": 409,
    "event_reused": 409,
    "invalid_input": 422,
    "library_empty": 409,
    "not_found": 404,
    "nothing_fits": 409,
    "run_ended": 409,
    "source_malformed": 422,
    "server_unreachable": 422,
    "server_refuses": 422,
    "address_refused": 422,
    "another_server": 422,
    "removals_unconfirmed": 409,
    "source_unreadable": 422,
    "artefact_damaged": 500,
    "artefact_foreign": 500,
    "artefact_missing": 500,
    "artefact_too_new": 500,
    "artefact_untrusted": 500,
    "export_unfaithful": 500,
    "extra_missing": 501,
    "feature_mismatch": 422,
    "leakage_found": 500,
    "bind_refused": 500,
    "cross_site_refused": 403,
    "database_busy": 503,
    "database_too_new": 503,
    "database_unreachable": 503,
    "host_refused": 400,
    "settings_invalid": 500,
    "storage_full": 507,
}


def below(cls: type[EncoreError]) -> Iterator[type[EncoreError]]:
    """Yield every class below one, in the errors' own module."""
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from below(child)


ALL = sorted(below(EncoreError), key=lambda cls: cls.code)
LEAVES = [cls for cls in ALL if not [*below(cls)]]


def test_codes_and_statuses_are_these() -> None:
    """Programs rely on them: a change is a change of the interface."""
    assert {cls.code: cls.status for cls in LEAVES} == CODES


def test_every_error_has_its_own_code() -> None:
    """A code names one class, in the words of its name, and has a status of its kind."""
    assert len({cls.code for cls in ALL}) == len(ALL)
    for cls in ALL:
        assert cls.code == re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        assert 400 <= cls.status < 600
        assert cls.status < 500 or not issubclass(cls, InputError)


def test_the_tree_is_drawn_as_it_is() -> None:
    """The module's drawing names every group, and each error belongs to one of them."""
    drawn = re.findall(r"^[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE)
    assert drawn == [cls.__name__ for cls in EncoreError.__subclasses__()]
    assert {cls.__mro__[1].__name__ for cls in LEAVES} == set(drawn)


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: str(cls.code))
def test_an_error_leaves_as_an_envelope(cls: type[EncoreError]) -> None:
    """Code, sentence and details come in one shape that is JSON."""
    error = cls("Nothing is right. Do something.", {"where": "here"})
    assert json.loads(json.dumps(error.envelope())) == {
        "error": {
            "code": cls.code,
            "message": "Nothing is right. Do something.",
            "details": {"where": "here"},
        }
    }
    assert str(error) == error.message


def test_details_are_the_errors_own() -> None:
    """Changing the mapping that was handed over changes no error."""
    details: dict[str, object] = {"excluded": 3}
    error = NothingFits("None fits.", details)
    details["excluded"] = 4
    assert error.details == {"excluded": 3}
    assert OperationError("It does not work.").details == {}
