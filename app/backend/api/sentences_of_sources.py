"""The sentences that Encore makes below its edges, of media servers and of reading them."""

from typing import Final

from app.backend.api.messages import N_

# Of connecting (`workflows.connections`, `.person_keys`, `store.sources`, `sources.keyring`, …).
CONNECTING: Final = (
    N_("There is no source {number}."),
    N_("There is no source of the kind {name}; choose one of: {known}."),
    N_("{address} is connected already; change it instead."),
    N_("A member can have one account of a server; choose which it is."),
    N_("An account of a server can belong to one member; choose who it is."),
    N_("Nobody here is called {name}; add them first, under Settings or with: encore members add"),
    N_("There is no library {name}; libraries there: {names}."),
    N_("There is no account {name}; accounts there: {names}."),
    N_("Choose a library at least, or disconnect the source."),
    N_("A source is read every 1 to {most} hours, or by hand."),
    N_("Another address needs its key once more; write it too."),
    N_("That is no key; copy it whole from the server's own settings."),
    N_("That is no key of Jellyfin; copy one from its dashboard, under API keys, as it is."),
    N_("That is no key of Plex; copy its X-Plex-Token as it is."),
    N_(
        "That is not the key of this account but of somebody else; sign in to Plex as the account, "
        "and copy the key that it has there."
    ),
    N_("That is the key of another account; write the one of this account."),
    N_("This account is read with the key of its source; it needs none itself."),
    N_("This account belongs to nobody here; say first whose it is."),
    N_("The key of this source is not on this machine; write it again in its settings."),
    N_("The key cannot be kept in {path} ({fault}); make room, or grant the right to write there."),
    N_(
        "That is no address of a media server; write it like http://nas.local:8096, without a name "
        "or password in it."
    ),
    N_("The server's name leads to {address}, which no media server has; check the address."),
    # What may be written in a template stands in curly brackets, as a place does here.
    N_(
        "A link to a title begins with {link}, http:// or https://, holds {text}, and may hold "
        "{name} and {other_name}; in Jellyfin it is {other_link}."
    ),
)
# What a server answers, or does not (`sources.upstream`, `.server_answers`, `.jellyfin`, `.plex`).
SERVERS: Final = (
    N_("There is no machine called {address}; check the address."),
    N_(
        "{server} at {address} does not answer; check the address, and that it runs and can be "
        "reached from here."
    ),
    N_(
        "{server} has no certificate that this machine trusts; check the address, or write http:// "
        "where it is at home."
    ),
    N_(
        "{server} wants to lead to {address}; Encore does not follow. Write the address that it "
        "really has."
    ),
    N_("{server} does not take the key, or not for this; make a new one there and write it here."),
    N_("{server} says that it cannot answer now (status {number}); try again when it is up."),
    N_(
        "{server} answered with the status {number}; check that {address} is the address of the "
        "server itself, and that it is not too old."
    ),
    N_("{server} packs its answers although it was asked not to."),
    N_(
        "{server} answered with something that is no JSON; check that {address} is the address of "
        "the server itself."
    ),
    N_(
        "{server} answered with more than {megabytes} MB at once; no page of a library and no "
        "picture is so large."
    ),
    N_(
        "{server} broke off in the middle of an answer, or is too slow; try again when it is at "
        "rest."
    ),
    N_(
        "{server} answers with the same titles again and again, or without end; try again when it "
        "is at rest."
    ),
    N_(
        "The server {oddity}; check that the address is that of {server} itself, and that it is "
        "not too old."
    ),
    N_("{server} has no film and no series that this key may see; add a library there first."),
    N_("{server} {version} is too old, Encore needs {least_version} or newer; update it."),
    N_("A Plex that is too old tells no JSON: Encore needs 1.20 or newer."),
    N_(
        "{address} calls itself {name}, which is no Jellyfin; write the address of a Jellyfin "
        "server."
    ),
    N_("Plex tells its accounts to its owner alone; write the key of the server's owner."),
    N_("{server} has no library {name} any more; choose its libraries again."),
    N_("{name} is no id of Jellyfin; those have 32 digits from 0 to f."),
    N_("{name} is no id of Plex; those are numbers."),
    N_("{name} names no poster of {server}; read it again."),
    N_("A rating in {server} is from 0 to 10; write one of those."),
    N_(
        "Plex takes ratings of account {number} with its own key alone; write that key, or do not "
        "write ratings back."
    ),
)
# Of reading a source again, and of writing to it (`workflows.sync`, `.rating_writes`, `.turns`, …).
SYNCS: Final = (
    N_(
        "{count} of the {number} titles of {name} are gone from there, so nothing was changed. If "
        "that is right, let them go; if not, look whether a disk or a library is missing at the "
        "server."
    ),
    N_(
        "At {address} is another server now: {name}, not {other_name}. Nothing was changed. If it "
        "is the right one, write its address and key once more; else disconnect it."
    ),
    N_("This source is being read already; begin again when that is done."),
    N_("This source was changed while it was read; sync again."),
    N_("Ratings are being written to this source already; begin again when that is done."),
    N_("{name} is a folder; nobody has ratings there."),
    N_("Encore is shutting down; what is left is done when it is back."),
    N_("Nothing can be written in {path} ({fault}); make room, or grant the right to write there."),
    N_("What a sync had read is damaged in {path}, so nothing was changed; sync again."),
    N_(
        "What a sync reads cannot be kept in {path} ({fault}); make room, or grant the right to "
        "write there."
    ),
)
# Why a title of a server is not taken in (`sources.jellyfin_items`, `.plex_items`, `.json_fields`).
ITEMS: Final = (
    N_("has {text} for an id, which is none"),
    N_("is a {text}, neither film nor series"),
    N_("is no item; ask the server to read its library again"),
    N_("{name} is {text}, which is no text"),
    N_("{name} is {text}, which is no number"),
    N_("{name} is {text}, which is no {wanted}"),
)
EVERY: Final = (CONNECTING, SERVERS, SYNCS, ITEMS)
