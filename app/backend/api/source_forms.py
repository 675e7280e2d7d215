"""What the forms of sources say, and what that means for a source."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from app.backend.api.sent_files import folder_path
from app.backend.domain.errors import InvalidInput
from app.backend.workflows import connections, source_values
from app.backend.workflows.connections import ConnectedSource, Wanted

LONGEST_ADDRESS: Final = 4_096
MOST_ACCOUNTS: Final = 500
MOST_LIBRARIES: Final = 200
USUAL_HOURS: Final = 24

Line = Annotated[str, Field(max_length=300)]
Address = Annotated[str, Field(max_length=LONGEST_ADDRESS)]
Key = Annotated[str, Field(max_length=source_values.LONGEST_TOKEN)]
Hours = Annotated[str, Field(max_length=10)]


class ConnectForm(BaseModel):
    """What the form of a new source says; no key is ever shown again."""

    kind: Literal["jellyfin", "plex", "nfo"] = "jellyfin"
    address: Address = ""
    key: Key = ""
    every_hours: Hours = str(USUAL_HOURS)

    def wanted(self) -> Wanted:
        """Return the source that is to be connected."""
        address = self.address.strip()
        if self.kind == connections.NFO:
            address = str(folder_path(address))
        return Wanted(self.kind, address, self.key, every_hours=hours_of(self.every_hours))


class AccountsForm(BaseModel):
    """Whose account is whose, one row of the form each; no member: nobody here."""

    account: Annotated[list[Line], Field(max_length=MOST_ACCOUNTS)] = []
    account_name: Annotated[list[Line], Field(max_length=MOST_ACCOUNTS)] = []
    member: Annotated[list[Line], Field(max_length=MOST_ACCOUNTS)] = []

    def assigned(self) -> list[tuple[str, str, str]]:
        """Return account id, its name, and the member's name, of those that are somebody's."""
        if not len(self.account) == len(self.account_name) == len(self.member):
            raise InvalidInput("The form came incomplete; reload the page and send it again.")
        rows = zip(self.account, self.account_name, self.member, strict=True)
        return [row for row in rows if row[2]]


class ReadingForm(BaseModel):
    """What is read, and when. `there` are the libraries that the form showed, if it could."""

    every_hours: Hours = ""
    link: Annotated[str, Field(max_length=1_000)] = ""
    there: Annotated[list[Line], Field(max_length=MOST_LIBRARIES)] = []
    library: Annotated[list[Line], Field(max_length=MOST_LIBRARIES)] = []

    def changes(self, source: ConnectedSource) -> dict[str, Any]:
        """Return what is to be changed of a source."""
        changes: dict[str, Any] = {"every_hours": hours_of(self.every_hours)}
        if (link := self.link.strip() or None) != source.link:
            changes["link"] = link
        if self.there:
            if not self.library:
                raise InvalidInput("Choose a library at least, or disconnect the source.")
            # Where all of them are read, so is one that is added there later.
            chosen = () if set(self.library) >= set(self.there) else tuple(self.library)
            if set(chosen) != set(source.libraries):
                changes["libraries"] = list(chosen) or None
        return changes


class AddressForm(BaseModel):
    """Where a source is, and its key; an empty key stays what it is."""

    address: Address = ""
    key: Key = ""

    def changes(self, source: ConnectedSource) -> dict[str, Any]:
        """Return what is to be changed of a source."""
        address, is_folder = self.address.strip(), source.kind == connections.NFO
        changes = {"token": self.key} if self.key and not is_folder else {}
        # What stays where it is needs not be read as a whole.
        if address != source.address:
            changes["address"] = str(folder_path(address)) if is_folder else address
        return changes


def hours_of(text: str) -> int | None:
    """Return after how many hours a source is read again; nothing, or 0, means by hand.

    Raises
    ------
    InvalidInput
        Where it is no number of hours.
    """
    said = text.strip()
    if not said or not said.strip("0"):
        return None
    is_number = said.isascii() and said.isdecimal()
    return source_values.checked_hours(int(said) if is_number else -1)
