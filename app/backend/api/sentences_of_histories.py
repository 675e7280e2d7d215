"""The sentences that Encore makes below its edges, of histories from elsewhere."""

from typing import Final

from app.backend.api.messages import N_

# What is asked of a history (`workflows.histories`, `store.imported_entries`, the pages).
ENTRIES: Final = (
    N_("No file was chosen; choose what Letterboxd, IMDb or Trakt exported."),
    N_("Say whose history it is: one person's, or everybody's."),
    N_("There is no imported entry {number}; look at the list of entries again."),
    N_("There is no title {number} in the library; choose one of its titles."),
)
# Why a file is no history (`sources.history_files`, `.letterboxd`, `.imdb`, `.trakt`, …).
FILES: Final = (
    N_(
        "Encore reads the zip that Letterboxd exports, the ratings.csv of IMDb, and the JSON of "
        "Trakt."
    ),
    N_("{name} is no history that Encore knows. {why}"),
    N_("{name} holds no history that Encore knows. {why}"),
    N_("{name} is empty; export it once more."),
    N_("{name} is not a text file; export it once more."),
    N_("{name} is not JSON; export it once more."),
    N_("{name} has more than one column {column}; export it once more."),
    N_("{name} has more than {count} rows; no export has."),
    N_("{name} has broken quotes; no export has."),
    N_("{name} has more than {count} entries; no export has."),
    N_("{name} is larger than {megabytes} MB; no export is."),
    N_("{name} is larger than any export; it was not read."),
    N_("{name} is nested more deeply than any export; it was not read."),
    N_(
        "{name} has no columns 'Const' and 'Your Rating', as the ratings that IMDb exports have; "
        "export them from the page of your ratings."
    ),
    N_(
        "{name} has no columns 'Name' and 'Letterboxd URI', as the tables that Letterboxd exports "
        "have; import its whole export."
    ),
    N_(
        "{name} could be a list of films that nobody watched yet; import the whole export, or its "
        "watched.csv under that name."
    ),
    N_("The archive holds {name} and {other_name}; import one export at a time."),
    N_("{name} holds none of {names}; it is no export of Letterboxd."),
    N_(
        "{name} holds no list of films or series; import the JSON that Trakt exports of ratings or "
        "of what was watched."
    ),
)
# Why an archive is not opened (`sources.archive_file`).
ARCHIVES: Final = (
    N_("{path} is not a file; name the file that was exported."),
    N_("{name} is not a zip file, or a damaged one; export it once more."),
    N_("{name} is damaged; export it once more."),
    N_("{name} in {other_name} is damaged; export it once more."),
    N_("{name} in {other_name} is not as large as it declares; export it once more."),
    N_("{name} in {other_name} {trap}; it was not read."),
    N_("{name} holds more than {count} files; it is no export that Encore knows."),
    N_("{name} holds files that overlap, which no export does; it was not read."),
    N_("{name} would be larger than {megabytes} MB unpacked; no export is."),
)
# Why one entry of a history is not taken in (`sources.imdb`, `.letterboxd`, `.trakt_entries`, …).
REFUSALS: Final = (
    N_(
        "{name} is {text}, which is not a date from {least} to {most}; write one such as "
        "2021-03-04 or leave it empty"
    ),
    N_("Const is {text}, which is no id of IMDb; correct it"),
    N_("has no rating of yours; rate it there, and export once more"),
    N_("is a single episode; films and whole series are read"),
    N_("is of the type {text}, which is neither a film nor a series"),
    N_(
        "{text} is the name of {count} films of that year, and the diary does not say which of "
        "them it means"
    ),
    N_("holds {count} entry {left}"),
    N_("holds {count} entries {left}"),
    N_("is no object, as every entry of an export is; leave it out"),
    N_("its {text} is no object; export it once more"),
    N_("names neither a film nor a series; leave it out"),
    N_("rating is not a number from 0 to {most}; correct it"),
    N_("{text} is no whole number that can be; correct it or leave it out"),
    N_("{text} is no text; correct it or leave it out"),
    N_("ids are no object; correct them or leave them out"),
)
EVERY: Final = (ENTRIES, FILES, ARCHIVES, REFUSALS)
