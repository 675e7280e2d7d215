"""Every error that a person or a program can meet.

EncoreError
├── InputError                what was asked for cannot be right
│   ├── InvalidInput          a value is missing, malformed or out of bounds
│   ├── NotFound              there is no such slate, pick, run or version
│   ├── BodyTooLarge          more was sent than any request needs
│   ├── EventReused           an event id came back with another verdict
│   ├── ChampionChanged       another version serves than was expected
│   ├── RunEnded              a run that is over cannot be cancelled
│   ├── LibraryEmpty          there is nothing to choose from yet
│   └── NothingFits           the choices exclude every title
├── SourceError               a library could not be read
│   ├── SourceUnreadable      no such file or folder, or not readable
│   └── SourceMalformed       it is not the format it should be
├── ModelError                a model could not be trained, written or opened
│   ├── FeatureMismatch       the matrix has other columns than the model
│   ├── LeakageFound          what is learnt from knows what is asked about
│   ├── ArtefactDamaged       the bytes are not those that were written
│   ├── ArtefactMissing       there is no such file, or it cannot be read
│   ├── ArtefactForeign       the file is not one of Encore's formats
│   ├── ArtefactTooNew        a newer Encore wrote it
│   ├── ArtefactUntrusted     opening it could run code that nobody vouched for
│   ├── ExportUnfaithful      another format would answer otherwise than the model
│   └── ExtraMissing          the format needs a package that is not installed
└── OperationError            the installation cannot do what it was asked to
    ├── SettingsInvalid       an environment variable is wrong
    ├── BindRefused           the address would open Encore to strangers
    ├── HostRefused           the request used a name that is not Encore's
    ├── CrossSiteRefused      the request came from another site's page
    ├── DatabaseUnreachable   no connection, or a file that is no database
    ├── DatabaseTooNew        a newer Encore wrote it
    ├── DatabaseBusy          another writer held it for too long
    └── StorageFull           there is no room, or no right, to write

Each class owns its code and its HTTP status; each instance brings a sentence that says what is
wrong and what to do.
"""

from collections.abc import Mapping
from typing import ClassVar


class EncoreError(Exception):
    """The root: a sentence for people, a code for programs, details for both."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

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

    code = "input_error"
    status = 422


class InvalidInput(InputError):
    """A value is missing, malformed or out of bounds."""

    code = "invalid_input"


class NotFound(InputError):
    """There is no such slate, pick, run or version."""

    code = "not_found"
    status = 404


class BodyTooLarge(InputError):
    """More was sent than any request needs."""

    code = "body_too_large"
    status = 413


class EventReused(InputError):
    """An event id came back with another verdict."""

    code = "event_reused"
    status = 409


class ChampionChanged(InputError):
    """Another version serves than was expected."""

    code = "champion_changed"
    status = 409


class RunEnded(InputError):
    """A run that is over cannot be cancelled."""

    code = "run_ended"
    status = 409


class LibraryEmpty(InputError):
    """There is nothing to choose from yet."""

    code = "library_empty"
    status = 409


class NothingFits(InputError):
    """The choices exclude every title; the details say which excluded how many."""

    code = "nothing_fits"
    status = 409


class SourceError(EncoreError):
    """A library could not be read."""

    code = "source_error"
    status = 422


class SourceUnreadable(SourceError):
    """No such file or folder, or not readable."""

    code = "source_unreadable"


class SourceMalformed(SourceError):
    """It is not the format it should be."""

    code = "source_malformed"


class ModelError(EncoreError):
    """A model could not be trained, written or opened."""

    code = "model_error"


class FeatureMismatch(ModelError):
    """The matrix has other columns than the model."""

    code = "feature_mismatch"
    status = 422


class LeakageFound(ModelError):
    """What would be learnt from knows something of what is asked about later."""

    code = "leakage_found"
    status = 500


class ArtefactDamaged(ModelError):
    """The bytes are not those that were written."""

    code = "artefact_damaged"


class ArtefactMissing(ModelError):
    """There is no such file, or it cannot be read; it may come back."""

    code = "artefact_missing"


class ArtefactForeign(ModelError):
    """The file is not one of Encore's formats."""

    code = "artefact_foreign"


class ArtefactTooNew(ModelError):
    """A newer Encore wrote it."""

    code = "artefact_too_new"


class ArtefactUntrusted(ModelError):
    """Opening it could run code that nobody vouched for."""

    code = "artefact_untrusted"


class ExportUnfaithful(ModelError):
    """Another format would answer otherwise than the model; it was not written."""

    code = "export_unfaithful"


class ExtraMissing(ModelError):
    """The format needs a package that is not installed."""

    code = "extra_missing"
    status = 501


class OperationError(EncoreError):
    """The installation cannot do what it was asked to."""

    code = "operation_error"


class SettingsInvalid(OperationError):
    """An environment variable is wrong."""

    code = "settings_invalid"


class BindRefused(OperationError):
    """The address would open Encore to strangers."""

    code = "bind_refused"


class HostRefused(OperationError):
    """The request used a name that is not Encore's."""

    code = "host_refused"
    status = 400


class CrossSiteRefused(OperationError):
    """The request came from another site's page."""

    code = "cross_site_refused"
    status = 403


class DatabaseUnreachable(OperationError):
    """No connection, or a file that is no database."""

    code = "database_unreachable"
    status = 503


class DatabaseTooNew(OperationError):
    """A newer Encore wrote it."""

    code = "database_too_new"
    status = 503


class DatabaseBusy(OperationError):
    """Another writer held it for too long."""

    code = "database_busy"
    status = 503


class StorageFull(OperationError):
    """There is no room, or no right, to write."""

    code = "storage_full"
    status = 507
