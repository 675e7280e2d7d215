"""The sentences that Encore makes below its edges, of what is wrong with a library and at home."""

from typing import Final

from app.backend.api.messages import N_

# Of the library and of quick taste (`workflows.shelf`, `.imports`, `.quick_taste`).
LIBRARY: Final = (
    N_("Encore is shutting down; import again when it is back."),
    N_("An import is under way already; begin the next one when it is done."),
    N_("{name} is none of Encore's genres; choose from the list."),
    N_("{name} is not one name that Encore does not know; reload the page."),
    N_("A length is a whole number of minutes from 1 to {most}."),
    N_("The library has changed since the page was opened; tick again."),
    N_("Nothing is ticked yet; tick what you liked, or skip this."),
    N_("What was ticked was not shown; open the page again and tick there."),
)
# Of what a page's forms bring (`api.routes`).
FORMS: Final = (
    N_("No file was chosen; choose a table saved as CSV."),
    N_("The file is larger than {megabytes} MB; split it, or use the shell."),
    N_("Write the path of a folder, as the server sees it."),
    N_("Write the whole path of the folder, beginning with /."),
    N_("The form came incomplete; reload the page and send it again."),
    N_("A name is either no genre, or it stands for one; choose one of them."),
)
# Of who is at home (`workflows.people`).
PEOPLE: Final = (
    N_(
        "The schedule is set by ENCORE_TRAIN_AFTER_FEEDBACKS or ENCORE_TRAIN_NIGHTLY_AT; unset "
        "both to choose it here."
    ),
    N_("New feedbacks are counted from 0 to {count}."),
    N_("Somebody is called {name} already; choose a name that differs."),
    N_("A household has at most {most} people; let somebody leave first."),
    N_("Nobody here has that name any more; say again whose taste it is."),
    N_("There is nobody of the id {number} in this household."),
    N_("An age limit is from 0 to {most} years, or none."),
)
# Why a library cannot be read (`sources.csv_file`, `.nfo_folder`).
SOURCES: Final = (
    N_("There is no file {path}; check the path."),
    N_("There is no folder {path}; check the path."),
    N_("{path} cannot be read ({fault}); check the path and who may read it."),
    N_("The path holds a NUL character; check the path."),
    N_("{path} is a folder; name the CSV file inside it."),
    N_("{path} is a file; name the folder that holds it."),
    N_("{path} is not a file on a disk; save the table as one first."),
    N_("{path} is a spreadsheet or an archive; open it and save the table as CSV (UTF-8)."),
    N_("{path} is UTF-16 text; save it as CSV (UTF-8)."),
    N_("{path} is empty; its first line must name the columns."),
    N_("{path} is not a text file; save the table as CSV (UTF-8)."),
    N_("{path} has no column 'title'; its first line must name the columns, but it is {text}."),
    N_("{path} has more than one column '{name}'; keep one or rename the others."),
    N_(
        "There is no NFO file below {path}; name the folder that holds the films or series, and "
        "let the media server write NFO files: Jellyfin and Emby do so when the library's NFO "
        "metadata saver is on, Kodi when the library is exported to separate files."
    ),
)
# Why one title of a library is not taken in (`sources.fields`, `.csv_file`, `.nfo_document`).
REFUSALS: Final = (
    N_("is the same title as {name}; keep one of the two"),
    N_("has no title; write one"),
    N_("title is longer than {most} characters; shorten it"),
    N_("id is longer than {most} characters; shorten it or leave it empty"),
    N_("kind is {text}, which is neither movie nor series; write either"),
    N_(
        "{name} is {text}, which is not a year; write a whole number such as 1999 or leave it empty"
    ),
    N_("{name} is {text}, which is not from {least} to {most}; correct it or leave it empty"),
    N_("{name} is {text}, which is negative; write a whole number or leave it empty"),
    N_(
        "{name} is {text}, which is not a number of minutes; write a whole number or leave it empty"
    ),
    N_(
        "{name} is {text}, which is more than the {most} minutes of a day; write minutes, not "
        "seconds, or leave it empty"
    ),
    N_(
        "{name} is {text}, which is not a number of seconds within a day; correct it or leave it "
        "empty"
    ),
    N_("{name} is {text}, which is not a number from 0 to {most}; correct it or leave it empty"),
    N_("is longer than {most} characters; shorten it"),
    N_(
        "opens a quote that does not close within {count} lines and {most} characters; close it, "
        "or double it if it is part of the text"
    ),
    N_("holds bytes that are not text; save the file as UTF-8"),
    N_(
        "has {count} cells where the first line names {number} columns; put cells that hold {text} "
        "in quotes"
    ),
    N_("is about {text}, which is no title; move it away"),
    N_("is empty; delete it or let the media server write it again"),
    N_("is larger than {megabytes} MB, which no NFO file is"),
    N_("is not a file, or a folder that may not be opened; check who may read it"),
    N_("is a link that leads out of the folder; put the file itself there"),
    N_("cannot be read ({fault}); check who may read it"),
    N_("is in the encoding {text}; save it as UTF-8"),
    N_("is not in the encoding {text}, as it says it is; save it as UTF-8"),
    N_(
        "declares a document type or entities, which no NFO file needs and which can do harm; "
        "delete the part that begins with <!DOCTYPE"
    ),
    N_("is broken XML near line {line}; mend it or let the media server write it again"),
)

EVERY: Final = (LIBRARY, FORMS, PEOPLE, SOURCES, REFUSALS)
