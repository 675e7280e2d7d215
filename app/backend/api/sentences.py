"""The sentences that Encore makes below its edges, of picks, of taste, and of who serves.

Each is a message whose places have names; `KINDS` says what may stand in which.
"""

from collections.abc import Mapping
from typing import Final

from app.backend.api.messages import N_

GENRES: Final = (
    N_("Comedy"),
    N_("Action"),
    N_("Drama"),
    N_("Thriller"),
    N_("Sci-Fi"),
    N_("Adventure"),
    N_("Animation"),
    N_("Biography"),
    N_("Crime"),
    N_("Documentary"),
    N_("Family"),
    N_("Fantasy"),
    N_("History"),
    N_("Horror"),
    N_("Music"),
    N_("Mystery"),
    N_("Romance"),
    N_("Sport"),
    N_("War"),
    N_("Western"),
    N_("Reality"),
    N_("Talk"),
)
# What stands where there are few things that could.
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "genre": GENRES,
    "evening": (
        N_("a funny mood"),
        N_("a mood for action"),
        N_("a dramatic mood"),
        N_("a relaxing mood"),
        N_("this mood"),
        N_("a short session"),
        N_("a medium session"),
        N_("a binge session"),
        N_("the evening"),
    ),
    "company": (
        N_("an evening alone"),
        N_("an evening for two"),
        N_("a group"),
    ),
    "rival": (N_("the rules"), N_("the serving model")),
    "slice": (
        N_("mood funny"),
        N_("mood action"),
        N_("mood dramatic"),
        N_("mood relaxing"),
        N_("group solo"),
        N_("group couple"),
        N_("group group"),
    ),
    "verdict": (N_("positive"), N_("negative")),
    "feature": (
        N_("mood"),
        N_("company"),
        N_("session"),
        N_("duration"),
        N_("year"),
        N_("genre"),
        N_("verdict"),
    ),
    # What a media server does instead of answering (`sources.server_answers`).
    "oddity": (
        N_("answered with something else than was asked for"),
        N_("answered with something else than a list"),
        N_("does not tell its id"),
        N_("does not tell its id and its version"),
        N_("does not tell how many titles it has"),
        N_("does not tell the id of an account or a library"),
        N_("does not tell the number of a library"),
    ),
    # What is wrong with a file of an archive (`sources.archive_file`).
    "trap": (
        N_("is a link, or no file at all"),
        N_("is a name that leads out of the archive"),
        N_("needs a password"),
        N_("is packed in a way that no export is"),
        N_("is larger than 64 MB"),
        N_("is packed more tightly than any text"),
        N_("is there twice"),
    ),
    # Which entries of a history are counted and not read (`sources.trakt_entries`).
    "left": (
        N_("of episodes or seasons; films and whole series are read"),
        N_("of series that were watched, and not whether all of each was"),
        N_("without a rating of yours or a viewing"),
    ),
    "state": (
        N_("queued"),
        N_("running"),
        N_("promoted"),
        N_("kept"),
        N_("skipped"),
        N_("failed"),
        N_("cancelled"),
    ),
}
# Several of them: with commas, and with "and" before the last.
LISTS: Final[Mapping[str, str]] = {"genres": "genre", "features": "feature"}
# What may stand in a place; where nothing is said here, a text within a sentence, which stays as
# it is.
KINDS: Final[Mapping[str, str]] = {
    "genre": "genre",
    "genres": "genres",
    "others": "genres",
    "features": "features",
    "evening": "evening",
    "company": "company",
    "rival": "rival",
    "slice": "slice",
    "verdict": "verdict",
    "state": "state",
    "oddity": "oddity",
    "trap": "trap",
    "left": "left",
    "why": "sentence",
    "path": "anything",
    "fault": "anything",
    "version": "name",
    "other_version": "name",
    "least_version": "name",
    "method": "name",
    "count": "whole",
    "most": "whole",
    "least": "whole",
    "minutes": "whole",
    "seconds": "whole",
    "days": "whole",
    "rows": "whole",
    "pairs": "whole",
    "number": "whole",
    "decade": "whole",
    "year": "whole",
    "line": "whole",
    "megabytes": "whole",
    "needed_megabytes": "whole",
    "stars": "decimal",
    "loss": "decimal",
    "other_loss": "decimal",
    "error": "decimal",
    "allowed": "decimal",
    "nats": "decimal",
    "chance": "share",
    "least_chance": "share",
    "part": "share",
    "other_part": "share",
}

# Why a title is shown (`ranking.reasons`).
REASONS: Final = (
    N_("It suits one of you."),
    N_("It suits {name}."),
    N_("You liked it before."),
    N_("{genre} suits {evening}."),
    N_("{genre} works well for {company}."),
    N_("You tend to enjoy {genre}."),
    N_("A series suits {evening}."),
    N_("{minutes} minutes suits {evening}."),
    N_("{minutes} minutes an episode suits {evening}."),
    N_("Its length, {minutes} minutes, suits {evening}."),
    N_("Its length, {minutes} minutes an episode, suits {evening}."),
    N_("It is about things that suit {evening}."),
    N_("It is about things you tend to enjoy."),
    N_("It is well rated: {stars} of 10."),
    N_("You tend to enjoy titles from around the {decade}s."),
    N_("A different choice: {genres}."),
    N_("A different choice from your library."),
)
# What a mood means (`ranking.taste`).
TASTE: Final = (
    N_("In {evening} no genre stands out yet."),
    N_("In {evening} this house likes {genres}."),
    N_("In {evening} this house likes {genres}, and avoids {others}."),
    N_("In {evening} this house avoids {genres}."),
    N_("In {evening} the rules call for {genres}."),
    N_("In {evening} the rules call for {genres}, and advise against {others}."),
    N_("In {evening} the rules advise against {genres}."),
)
# Who answers, and why (`workflows.serving`, `.browse`, `.versions`, `.damage`, `.import_library`).
SERVING: Final = (
    N_("Encore has not learnt from you yet."),
    N_("Picked by the rules."),
    N_("Watched elsewhere, without having been picked."),
    N_("Picked by the rules: {why}"),
    N_("Picked by model {version}, learnt from 1 feedback."),
    N_("Picked by model {version}, learnt from {count} feedbacks."),
    N_("Ratings from elsewhere that it learnt from too: {count}."),
    N_("Picked by model {version}, from what it learnt of your evenings."),
    N_("The model {version} cannot be used: {why}"),
    N_("its files are gone; train again with: encore train"),
    N_("Nothing was learnt yet."),
    N_("Promoted by hand."),
    N_("Rolled back from the rules by hand."),
    N_("Rolled back from {version} by hand."),
    N_("A real library took the demo's place, so the demo's model no longer serves."),
    N_("Its files were taken away {date}."),
    N_("Its bytes are those that were recorded."),
    N_("It was set aside."),
)

EVERY: Final = (REASONS, TASTE, SERVING)
