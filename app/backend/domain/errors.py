"""Every error that a person or a program can meet.

EncoreError
├── InputError        what was asked for cannot be right
├── SourceError       a library could not be read
├── ModelError        a model could not be trained, written or opened
├── AccessError       who calls may not do this
└── OperationError    the installation cannot do what it was asked to

Each class owns its code, which is its name in small letters, and its HTTP status; each instance
brings a sentence that says what is wrong and what to do.
"""

import re
from collections.abc import Mapping
from typing import ClassVar


class EncoreError(Exception):
    """The root: a sentence for people, a code for programs, details for both."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, object] = dict(details or {})

    def envelope(self) -> dict[str, object]:
        """Return the one shape in which errors leave the process.

        Examples
        --------
        >>> NotFound("There is no pick 7.").envelope()
        {'error': {'code': 'not_found', 'message': 'There is no pick 7.', 'details': {}}}
        """
        return {
            "error": {"code": self.code, "message": self.message, "details": self.details},
        }


class InputError(EncoreError):
    """What was asked for cannot be right."""

    status = 422


class InvalidInput(InputError):
    """A value is missing, malformed or out of bounds."""


class NotFound(InputError):
    """There is no such slate, pick, run or version."""

    status = 404


class BodyTooLarge(InputError):
    """More was sent than any request needs."""

    status = 413


class Conflict(InputError):
    """What is there by now does not allow it."""

    status = 409


class EventReused(InputError):
    """An event id came back with another verdict."""

    status = 409


class RequestReused(InputError):
    """An idempotency key came back with another request."""

    status = 409


class ChampionChanged(InputError):
    """Another version serves than was expected."""

    status = 409


class RunEnded(InputError):
    """A run that is over cannot be cancelled."""

    status = 409


class LibraryEmpty(InputError):
    """There is nothing to choose from yet."""

    status = 409


class NothingFits(InputError):
    """The choices exclude every title; the details say which excluded how many."""

    status = 409


class SourceError(EncoreError):
    """A library could not be read."""

    status = 422


class SourceUnreadable(SourceError):
    """No such file or folder, or not readable."""


class SourceMalformed(SourceError):
    """It is not the format it should be."""


class ServerUnreachable(SourceError):
    """A media server does not answer, or says that it cannot."""


class ServerRefuses(SourceError):
    """A media server does not take the key, or does not let it do this."""


class AddressRefused(SourceError):
    """An address that Encore never calls, or that a server tried to lead it to."""


class AnotherServer(SourceError):
    """At the address of a media server that is connected, another one answers."""


class RemovalsUnconfirmed(SourceError):
    """A sync would take so many titles away that it asks first; the details say how many."""

    status = 409


class ModelError(EncoreError):
    """A model could not be trained, written or opened."""


class FeatureMismatch(ModelError):
    """The matrix has other columns than the model."""

    status = 422


class LeakageFound(ModelError):
    """What would be learnt from knows something of what is asked about later."""

    status = 500


class ArtefactDamaged(ModelError):
    """The bytes are not those that were written."""


class ArtefactMissing(ModelError):
    """There is no such file, or it cannot be read; it may come back."""


class ArtefactForeign(ModelError):
    """The file is not one of Encore's formats."""


class ArtefactTooNew(ModelError):
    """A newer Encore wrote it."""


class ArtefactUntrusted(ModelError):
    """Opening it could run code that nobody vouched for."""


class ExportUnfaithful(ModelError):
    """Another format would answer otherwise than the model; it was not written."""


class ExtraMissing(ModelError):
    """The format needs a package that is not installed."""

    status = 501


class AccessError(EncoreError):
    """Who calls may not do this."""

    status = 403


class NotSignedIn(AccessError):
    """Nobody said who calls, or there is nobody of that name and password."""

    status = 401


class Forbidden(AccessError):
    """The caller lacks the scope."""


class TooManyAttempts(AccessError):
    """Too many wrong passwords; the details say after how many seconds to try again."""

    status = 429


class OwnerThere(AccessError):
    """There is an owner already; only they may bring others."""

    status = 409


class OwnerNeeded(AccessError):
    """Nobody would own this Encore any more."""

    status = 409


class HostRefused(AccessError):
    """The request used a name that is not Encore's."""

    status = 400


class CrossSiteRefused(AccessError):
    """The request came from another site's page."""


class OperationError(EncoreError):
    """The installation cannot do what it was asked to."""


class SettingsInvalid(OperationError):
    """An environment variable is wrong."""


class BindRefused(OperationError):
    """The address would open Encore to strangers."""


class ShuttingDown(OperationError):
    """The server was told to stop, and takes no new work."""

    status = 503


class DatabaseUnreachable(OperationError):
    """No connection, or a file that is no database."""

    status = 503


class DatabaseTooNew(OperationError):
    """A newer Encore wrote it."""

    status = 503


class DatabaseBusy(OperationError):
    """Another writer held it for too long."""

    status = 503


class StorageFull(OperationError):
    """There is no room, or no right, to write."""

    status = 507


class BackupDamaged(OperationError):
    """The backup is not what was written."""

    status = 422


class BackupTooNew(OperationError):
    """A newer Encore wrote the backup."""

    status = 422


class BackupTooOld(OperationError):
    """The backup lacks what rows must have by now, or has what is gone."""

    status = 422


class NotEmpty(OperationError):
    """A backup would be restored over what is there."""

    status = 409
