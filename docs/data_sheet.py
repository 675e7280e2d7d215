"""Writes the data sheet from the code: what is read, what becomes of it, and why."""

from typing import Final, NamedTuple

from app.backend.domain.context import CODE_COUNT, GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.title import FIRST_YEAR, LONGEST_MINUTES, NAME_SEPARATOR
from app.backend.features import basis, bounds, checks, dataset, drift, schema, units
from app.backend.features.genres import CANON, LONGEST_NAME, MOST_NAMES
from app.backend.learning import classifier, splits
from app.backend.store import plans, promised, training_rows

BETWEEN: Final = f"`\\{NAME_SEPARATOR}` between"  # with the mark that a table's cell needs
MEANINGS: Final = {
    "media": {
        "id": "key",
        "title": "name, for people",
        "genres": "names, comma-separated; other separators and languages are understood",
        "duration": "minutes of one sitting; other units are recognised, see below",
        "year": "of the first release",
        "kind": "`movie` or `series`; missing means a film",
        "community_rating": "above 0, up to 10",
        "age_rating": "text, for people",
        "source": "who told of the title",
        "is_hidden": "not to be shown",
        "removed_at": "when it left the library; learnt from, never shown",
        "overview": "what it is about, in a few sentences",
        "keywords": f"what it is about, such as `heist`; {BETWEEN}",
        "directors": f"names; {BETWEEN}",
        "cast": f"names; {BETWEEN}",
        "own_minutes": "minutes that the household said itself; read in place of `duration`",
    },
    "recommendations": {
        "id": "key of the impression",
        "media_id": "the title shown",
        "mood": 'JSON, `{"mood": "funny"}`',
        "group_size": ", ".join(f"`{word}`" for word in GROUP_SIZES),
        "session_length": ", ".join(f"`{word}`" for word in SESSION_LENGTHS),
        "slate_id": "what was shown together; missing: each impression is its own slate",
        "position": "place in its slate, from 1",
        "context_code": f"the context as a number below {CODE_COUNT}",
        "watched_at": "when it was chosen; none where another title of the slate was, or no title",
    },
    "feedback": {
        "id": "key; rows of one moment are in the order of their ids",
        "recommendation_id": "the impression that it is about",
        "rating": "1 to 5",
        "would_watch_again": "yes or no",
        "member_id": "who said it; missing is nobody named",
        "source": "`demo` marks simulated evenings",
        "created_at": "when it was said, UTC where no zone is named",
        "slate_id": "the impression's slate, copied",
        "media_id": "the impression's title, copied",
        "context_code": f"the impression's context as a number below {CODE_COUNT}, copied",
        "day": "the day of `created_at`, counted from 1970-01-01 in UTC",
    },
}
COLUMNS: Final = (
    ("mood_*, group_*, session_*", "0 or 1", "all 0 where it is not known"),
    ("genre_*", "0 or 1; a title may have several", "all 0 where none is known"),
    ("duration", f"minutes, above 0, up to {LONGEST_MINUTES}", "0"),
    ("year", f"from {FIRST_YEAR} to two years from now", "0"),
    ("kind_series", "1 for a series, 0 for a film", "0"),
    ("community_rating", "above 0, up to 10", "0"),
    ("media_id", "key of the title, for its effect", "never missing"),
)


class Step(NamedTuple):
    """One step: what is done, and why."""

    name: str
    what: str
    why: str


STEPS: Final = (
    Step(
        "Read",
        f"Feedback is read {training_rows.BATCH_ROWS:,} rows a query, each row as one packed "
        "number of codes, and never as objects; rows that hold anything else than whole "
        f"numbers and one of the {plans.MOST_SPELLINGS} usual texts of a column are read one "
        "by one. Codes of all rows are kept, about 50 bytes a row, and twice that while they are "
        "put together.",
        "Making an object of each row takes more than a hundred times as long "
        "([Benchmarks](benchmarks.md)).",
    ),
    Step(
        "Contexts",
        f"Mood, company and session length are understood once for each distinct combination. "
        f"There are {len(MOODS)} by {len(GROUP_SIZES)} by {len(SESSION_LENGTHS)} known ones; a "
        "part that is not understood is unknown, and counted.",
        "A malformed mood must neither stop training nor vanish.",
    ),
    Step(
        "Genres",
        f"Up to {MOST_NAMES} names of at most {LONGEST_NAME} characters a title become "
        f"{len(CANON)} genres, by a table of names in ten languages.",
        "`Sci-Fi`, `Science Fiction` and `Ciencia ficción` are one genre.",
    ),
    Step(
        "Durations",
        "Ticks (ten millionths of a second) and milliseconds are told by their size and "
        f"converted. A library whose median is above {units.LONGEST_TYPICAL_MINUTES:.0f} is in "
        f"seconds; one of fewer than {units.FEW} durations only if none fits into "
        f"{LONGEST_MINUTES} minutes. Where more than {units.MOST_FOREIGN_SHARE * 100:.0f} % of "
        f"its durations (and at least {units.FEW}) do not fit the unit of the rest, those titles' "
        "rows are left out. "
        f"0, negative, and more than {LONGEST_MINUTES} minutes are unknown.",
        "A few durations in ticks ruin a model that does not scale, without any error; a mean put "
        "in their place would hide it.",
    ),
    Step(
        "Left out",
        "A row is left out for the first reason that applies, and counted.",
        "What came in is what is used plus what is left out.",
    ),
    Step(
        "Repeats",
        "A member's last verdict on a recommendation counts; and of verdicts on one title in "
        "one context on one day (UTC), the last. Where the moment is unknown, the second rule "
        "does not apply.",
        "Saying it a hundred times must not weigh a hundred times.",
    ),
    Step(
        "Taken back",
        "What a member said of a recommendation can be taken back, with all its corrections. Its "
        "rows move from `feedback` to `retracted_feedback`, each whole as JSON with the moment; "
        "the title stays watched, and Encore asks again. A model learnt before knows it until the "
        "next training. Ids are not given anew, and an event id that was taken back is refused.",
        "Training reads one table: what is not in it cannot be learnt by mistake. A run counts as "
        "new what has a higher id than the last that a run read.",
    ),
    Step(
        "Ratings from elsewhere",
        "What members rated at media servers and in files is learnt from beside feedback, never as "
        f"rows of `X`: each rating weighs {classifier.DEFAULT.recalled_weight:g} verdicts, in "
        "every context a little, and whoever rated in one place has an intercept of their own, "
        "which is thrown away. A title that the same member or the household gave a verdict on "
        "here is left out.",
        "People rate what they chose to watch, each in their own way: how high the ratings are "
        "says nothing of evenings here, which titles they preferred does.",
    ),
    Step(
        "X",
        "Contexts and titles are encoded once; `X` looks both up for each row.",
        "The same code encodes for training, serving and evaluation.",
    ),
    Step(
        "Outliers",
        f"A model clips duration, year and community rating {bounds.FENCE:.0f} interquartile "
        "ranges beyond the quartiles of its own training rows, if there are at least "
        f"{bounds.FEWEST} known values.",
        "Bounds from all rows would tell the training part of the test part; bounds in `X` "
        "would break the promise of its first columns.",
    ),
    Step(
        "Scales",
        f"The mixed model reads the logarithm of the duration around "
        f"{basis.LENGTH_CENTRE_MINUTES:.0f} minutes, the year around "
        f"{basis.YEAR_CENTRE:.0f} and the community rating around {basis.RATING_CENTRE}, each "
        f"on a fixed scale and clipped to ±{basis.CLIP:.0f}; genres over the square root of "
        "their number. The baseline standardises by its training rows.",
        "Fixed scales mean the same in every library; squares of unclipped values made small "
        "models worse than chance.",
    ),
    Step(
        "Splits",
        f"In time, whole slates together: {splits.TRAIN_SHARE:.0%} train, "
        f"{splits.VALIDATION_SHARE:.0%} validate, the rest test, recorded by fingerprint with "
        f"every run and version. The gate asks {splits.BLOCKS} later blocks in turn, each of "
        "models that were trained on what came before it.",
        "A random split lets a model know the evening that it is asked about.",
    ),
    Step(
        "Leakage",
        "Before each training `X` is built from all rows and from the earlier half of them; a "
        "column in which one row differs has seen the future, and the run fails.",
        "It holds for columns that nobody has written yet.",
    ),
)


def data_page() -> str:
    """Return the data sheet."""
    return "\n".join([*_opening(), *_tables(), *_columns(), *_steps(), *_report()])


def _opening() -> list[str]:
    return [
        "# Data sheet\n",
        "What training reads, what becomes of it, and why. The questions that every row is asked",
        "are on [Data checks](data-checks.md); the columns one by one on [Features](features.md).",
        "See the state of your own data with `encore data-quality`, on the page *Library*, or at",
        "`GET /api/v1/data-quality`.\n",
    ]


def _tables() -> list[str]:
    lines = [
        "## What is read\n",
        "The columns marked *promised* are enough. Of the others, those are used that a table has;",
        "those marked *own* are in Encore's own tables only.\n",
        "| table | column | | meaning |",
        "|---|---|---|---|",
    ]
    for table, meanings in MEANINGS.items():
        for column, meaning in meanings.items():
            lines.append(f"| `{table}` | `{column}` | {_standing(table, column)} | {meaning} |")
    return [*lines, ""]


def _standing(table: str, column: str) -> str:
    if column in promised.PROMISED[table]:
        return "promised"
    return "used if there" if column in promised.OPTIONAL[table] else "own"


def _columns() -> list[str]:
    return [
        "## What it becomes\n",
        f"`X` is float64 with {schema.FEATURE_COUNT} columns, rows in time order; `y` is 1 where",
        f"the rating is at least {dataset.POSITIVE_RATING} and the title would be watched again,",
        "else 0.\n",
        "| columns | values | missing |",
        "|---|---|---|",
        *(f"| `{names}` | {values} | {missing} |" for names, values, missing in COLUMNS),
        "",
    ]


def _steps() -> list[str]:
    lines = ["## Step by step\n"]
    for step in STEPS:
        lines += [f"### {step.name}\n", f"{step.what}\n", f"*Why:* {step.why}\n"]
    return lines


def _report() -> list[str]:
    return [
        "## The report\n",
        f"Rows in, used and left out, question by question, with up to {checks.EXAMPLES} example",
        "rows; class balance; the 36 contexts; titles, genres and members; what is missing;",
        "verdicts that contradict each other; the split; drift; and ratings from elsewhere.\n",
        "**Drift** is the population stability index of each feature, of the verdicts since the",
        "serving model was trained against those it learnt from, whose counts are kept in its",
        f"manifest: the sum over bins of (now - then) ln(now / then). From {drift.SHIFTED} on a",
        f"feature has shifted, from {drift.MOVED} on it has moved, unless the index is below",
        f"{drift.TIMES_CHANCE:.0f} times what two samples of these sizes show by chance.\n",
        "**The fingerprint** is a digest of all that a model could learn from: codes, labels,",
        "slates, members and the encoded rated titles. A title that nobody rated does not change",
        "it.",
    ]
