"""The sentences that Encore makes below its edges, of what is wrong and what to do about it."""

from typing import Final

from app.backend.api.messages import N_

# Whoever asks may not, or asks for what cannot be (`api`, `workflows.accounts`, `.keys`, …).
ASKING: Final = (
    N_(
        "Sign in, or send an API key as: Authorization: Bearer KEY. An owner makes keys with: "
        "encore keys add"
    ),
    N_("This asks for the scope {scope}, which the caller does not have; ask an owner."),
    N_("The body is larger than {most} bytes; send less."),
    N_("A parameter of the address comes more than once; say each once."),
    N_("An Idempotency-Key has 1 to 100 visible ASCII characters; make one."),
    N_("This Idempotency-Key came with another request; make a new one."),
    N_("The same request is being answered; ask again in a moment."),
    N_("Not Found: {method} is not answered at this address."),
    N_("Method Not Allowed: {method} is not answered at this address."),
    N_("Something broke inside Encore; its log says what. Nothing was changed."),
    N_("Encore was told to stop; ask another process, or again in a moment."),
    N_(
        "Encore does not answer under that name; use the one it printed, or name it in "
        "ENCORE_ALLOWED_HOSTS."
    ),
    N_("The request came from another site's page; open Encore itself and try there."),
    N_(
        "A change by a signed-in browser says which page asks for it (Sec-Fetch-Site or Origin); "
        "programs use an API key."
    ),
    N_("Encore does not speak that language; choose one of: {known}."),
    N_("{where}: {why}. Correct it and send it again."),
    N_("Field required"),
    N_("malformed"),
    N_("Input should be {known}"),
    N_("Input should be a valid integer, unable to parse string as an integer"),
    N_("Input should be a valid boolean, unable to interpret input"),
    N_("Input should be greater than or equal to {least}"),
    N_("Input should be less than or equal to {most}"),
    N_("String should have at least {least} characters"),
    N_("String should have at least 1 character"),
    N_("String should have at most {most} characters"),
    N_("String should match pattern '{pattern}'"),
    N_("List should have at most {most} items after validation, not {count}"),
)
SIGNING_IN: Final = (
    N_("The first owner is made at the machine itself."),
    N_(
        "The first owner is made at the machine itself: open Encore there, or run: encore accounts "
        "add NAME --role owner"
    ),
    N_("The two passwords differ; type them again."),
    N_("There is nobody of that name and password."),
    N_("Too many wrong passwords; try again in {seconds} seconds."),
    N_("Only who has signed in with a password can change it."),
    N_("This Encore has an owner; sign in, or ask them for an account."),
    N_("There is an account of that name; choose another."),
    N_("There is no account of that name; list them with: encore accounts list"),
    N_("Nobody would own this Encore any more; make somebody else owner first."),
    N_("A name has 1 to {most} printable characters; choose another."),
    N_("A role is one of: {known}."),
    N_("A password has {least} to {most} characters; choose another."),
    N_("That password is the first that anybody would try; choose another."),
    N_("A key may do no more than the one who makes it."),
    N_("A key's name has 1 to {most} printable characters."),
    N_("A key has one or more scopes of: {known}."),
    N_("A key lasts 1 to {most} days, or without an end."),
    N_("There is no key {number}; list them with: encore keys list"),
)
# Of an evening (`workflows.ranked`, `.feedback`, `.browse`, `.lists`, `store.writes`).
EVENING: Final = (
    N_(
        "There is no title to choose from yet. Bring a library with: encore import nfo FOLDER or "
        "encore import csv FILE; or look around with: encore demo"
    ),
    N_("None of the {count} titles fits."),
    N_("Choose another length of session."),
    N_("Ask afresh: all that is left was shown just now."),
    N_("Add titles that are rated for the age of everybody who watches."),
    N_("Add titles, or show hidden ones again."),
    N_("Let titles be picked that were seen before."),
    N_("There is no slate {number}."),
    N_("There is no slate {number}; use the id of one that was shown, or none."),
    N_("There is no title {number} in the library."),
    N_("There is no recommendation {number}; use the id of a pick that was shown."),
    N_("There is no recommendation {number}; use the id of a pick."),
    N_("There is no verdict {number}; it may have been taken back already."),
    N_("Somebody said how it was, so it was watched; take the verdict back first."),
    N_("The verdict of the event id {name} was taken back; say it anew with another id."),
    N_("The rating {rating} is not from 1 to 5."),
    N_("The name of the member is empty, longer than {most} characters or unprintable."),
    N_("The event id is empty, longer than {most} characters or unprintable."),
    N_(
        "The event id {name} was used for another verdict; send each verdict with an id of its own."
    ),
)
# Of trainings and versions (`workflows.versions`, `.jobs`, `.taste`, `registry.artefact`, …).
MODELS: Final = (
    N_("There is no training run {number}."),
    N_("The training run {number} was erased while it ran; train again."),
    N_("Run {number} is over: {state}. Only a run that waits or is under way can be cancelled."),
    N_("There is no model version {name}; list them with: encore models list"),
    N_("There is no version {name}; list them with: encore models list"),
    N_("Version {version} has no card."),
    N_("Version {version} serves already."),
    N_("The rules serve, and nothing served before them: no way back."),
    N_(
        "Version {version} was pruned; its files are gone. Train again, or restore them from a "
        "backup."
    ),
    N_("Version {version} was set aside: {why}"),
    N_(
        "{version} serves by now, not {other_version}; look again, and repeat what you "
        "wished if you still do."
    ),
    N_(
        "The rules serves by now, not {other_version}; look again, and repeat what you "
        "wished if you still do."
    ),
    N_(
        "{version} serves by now, not the rules; look again, and repeat what you "
        "wished if you still do."
    ),
    N_(
        "Version {version} is of the family {family}, in which a mood means the same for every "
        "title."
    ),
    N_("The version was put in another place than it was named for."),
    N_(
        "A part of the data that is learnt from reaches into a later part that is asked about; "
        "split by time, with whole slates: encore data-quality shows the parts."
    ),
    N_(
        "The columns {names} change with feedback that came later than the row; compute them from "
        "earlier rows only."
    ),
)
# Why files of a model are not opened (`registry.artefact`, `features.posterior_arrays`).
DAMAGE: Final = (
    N_("{path} is refused: {why}. Restore it from a backup, or train again with: encore train"),
    N_("{path} is refused: its bytes are not those that were written."),
    N_(
        "{path} cannot be read ({fault}). Bring the store back or restore the file from a backup, "
        "or train again with: encore train"
    ),
    N_("The manifest beside {path} is not one of Encore's."),
    N_(
        "{path} has format {number}, and this Encore reads up to {most}; use the newer Encore that "
        "wrote it."
    ),
    N_("{path} was trained on other columns than this Encore has; train again with: encore train"),
    N_(
        "The model was made with other settings than this Encore knows; train again with: encore "
        "train"
    ),
    N_("No family of models is called {family}; this Encore knows {known}."),
    N_("The model cannot be used: {why}. Restore the file, or train again with: encore train"),
    N_(
        "The baseline model cannot be used: its arrays are incomplete or impossible. Train again "
        "with: encore train"
    ),
    N_(
        "The model's numbers give no probability; go back to another version with: encore models "
        "rollback"
    ),
    N_("its manifest is not the one that was recorded"),
    N_("its manifest is not JSON"),
    N_("its manifest has no config"),
    N_("its bytes are not those that the manifest names"),
    N_("its arrays cannot be read"),
    N_("it is not a file"),
    N_("it is empty, or larger than {most} bytes"),
    N_("it has {count} text columns and {number} members"),
    N_("{name} is missing or has another shape or type"),
    N_("{name} holds values that are not finite"),
    N_("it holds arrays that do not belong: {names}"),
    N_("its titles or members are not in order"),
    N_("a precision or variance is not positive"),
    N_("the strength of choices is not between 0 and 1"),
    N_("a lower bound lies above its upper bound"),
)
# Of the disk and the database (`registry.files`, `.versions`, `store`).
KEEPING: Final = (
    N_("{path} cannot be written: {fault}. Make room, grant the right, or choose another place."),
    N_(
        "{path} has {megabytes} MB free, and training asks for {needed_megabytes}: what is left is "
        "kept for feedback. Make room, or prune: encore models prune"
    ),
    N_("Too much is asked of the database at once; try again soon."),
    N_("Another process is writing to the database; try again in a moment."),
    N_("The database cannot grow or be written; make room, or grant the right."),
    N_("The file of the database is not one; restore it from a backup."),
    N_("The database does not answer; check ENCORE_DATABASE_URL and that the server runs."),
    N_("The impressions of the database cannot be read as numbers."),
    N_("A newer Encore has changed the database; run that one."),
    N_(
        "The tables of the database are not those that Encore knows; start it again, which brings "
        "them up to date."
    ),
)
EVERY: Final = (ASKING, SIGNING_IN, EVENING, MODELS, DAMAGE, KEEPING)
