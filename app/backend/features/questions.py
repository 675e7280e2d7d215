"""The named questions that data are asked before anything is learnt from them."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "note"]
Action: TypeAlias = Literal["left out", "kept", "converted", "clipped"]

SEVERITIES: Final = {
    "error": "The row cannot be learnt from.",
    "warning": "The row is learnt from, without what is in doubt.",
    "note": "Worth knowing; nothing is lost.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question, how grave a hit is, what is done with the rows that it hits, and how.

    `action` is `"left out"` of training, `"kept"` with the value in question taken as unknown,
    `"converted"` to another unit, or `"clipped"` by the model.
    """

    id: str
    severity: Severity
    question: str
    action: Action
    done: str


_UNKNOWN: Final = "The row is used; the value is taken as unknown."
_LEFT_OUT: Final = "The row is left out."

# The first that applies is the one a row is left out for.
LEFT_OUT: Final = (
    Question(
        "orphan_recommendation",
        "error",
        "Does the feedback belong to a recommendation that exists?",
        "left out",
        _LEFT_OUT,
    ),
    Question(
        "orphan_title",
        "error",
        "Does the recommendation name a title that exists?",
        "left out",
        _LEFT_OUT,
    ),
    Question(
        "rating_out_of_range",
        "error",
        "Is the rating a number from 1 to 5?",
        "left out",
        _LEFT_OUT,
    ),
    Question(
        "would_watch_again_missing",
        "error",
        "Is it said whether a well-rated title would be watched again?",
        "left out",
        "The row is left out; below a rating of 4 the answer does not matter, and the row is used.",
    ),
    Question(
        "duration_unit_unclear",
        "error",
        "Can it be told in which unit the title's duration is?",
        "left out",
        "The row is left out: part of the library has durations in another unit than the rest, "
        "and this title's could be in either.",
    ),
    Question(
        "simulated",
        "note",
        "Does the feedback come from this household, not from a demo that has ended?",
        "left out",
        _LEFT_OUT,
    ),
)
SUPERSEDED: Final = Question(
    "superseded",
    "note",
    "Is it the member's last verdict on this recommendation?",
    "left out",
    "The row is left out; the member's last verdict counts.",
)
REPEATED: Final = Question(
    "repeated",
    "note",
    "Is it the member's last verdict on this title in this context on this day?",
    "left out",
    "The row is left out; the last verdict of the day (UTC) counts, so that repeating oneself "
    "does not weigh more.",
)
OF_CONTEXTS: Final = (
    Question("mood_malformed", "warning", "Is the mood readable JSON?", "kept", _UNKNOWN),
    Question("mood_unknown", "warning", "Is the mood one of the four, or any?", "kept", _UNKNOWN),
    Question(
        "mood_any",
        "note",
        "Does the evening name one of the four moods?",
        "kept",
        "The row is used; it says nothing of moods: any was asked for, or none is on record.",
    ),
    Question("company_unknown", "warning", "Is the company one of the three?", "kept", _UNKNOWN),
    Question(
        "session_unknown", "warning", "Is the session length one of the three?", "kept", _UNKNOWN
    ),
)
OF_TITLES: Final = (
    Question("genres_missing", "warning", "Does the title have genres?", "kept", _UNKNOWN),
    Question(
        "genres_unknown",
        "warning",
        "Are all of the title's genres known by name?",
        "kept",
        "The row is used with the genres that are known; name the others in the genre table.",
    ),
    Question("duration_missing", "warning", "Does the title have a duration?", "kept", _UNKNOWN),
    Question(
        "duration_impossible",
        "warning",
        "Is the duration a positive number of minutes, at most a day?",
        "kept",
        _UNKNOWN,
    ),
    Question(
        "duration_unit",
        "warning",
        "Is the duration in minutes?",
        "converted",
        "The duration can only be in seconds, milliseconds or ticks (ten millionths of a second), "
        "and is converted to minutes.",
    ),
    Question("year_missing", "warning", "Does the title have a year?", "kept", _UNKNOWN),
    Question("year_impossible", "warning", "Can the title be from that year?", "kept", _UNKNOWN),
)
# Asked of the whole data set when a quality report is made; they change nothing by themselves.
OF_THE_WHOLE: Final = (
    Question(
        "contradictory",
        "note",
        "Do a member's verdicts on one title in one context agree?",
        "kept",
        "The rows are used: tastes change from evening to evening. Many of them bound how well "
        "any model can do.",
    ),
    Question(
        "outlier",
        "note",
        "Do duration, year and community rating lie within what the training part shows?",
        "clipped",
        "The row is used; the model clips the value to bounds learnt from its training rows.",
    ),
    Question(
        "copy_differs",
        "error",
        "Does the feedback still say what its recommendation says?",
        "kept",
        "The row is used as the feedback has it. Someone changed the recommendation afterwards; "
        "restore it from a backup.",
    ),
)


def every_question() -> tuple[Question, ...]:
    """Return all questions in the order in which they are asked."""
    return (*LEFT_OUT, SUPERSEDED, REPEATED, *OF_CONTEXTS, *OF_TITLES, *OF_THE_WHOLE)
