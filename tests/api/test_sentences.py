"""What Encore says below its edges is known to the pages, and said in other languages."""

from dataclasses import replace
from itertools import pairwise, product
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.api import sentences, telling
from app.backend.api.tongue import ENGLISH, tongue_for
from app.backend.domain.context import every_context
from app.backend.domain.runs import CHALLENGER, CHAMPION, RULES
from app.backend.domain.title import Title
from app.backend.features.genres import CANON, display_name
from app.backend.features.posterior import rules_posterior
from app.backend.features.questions import SEVERITIES, every_question
from app.backend.features.recalled import REASONS
from app.backend.features.schema import CONTEXT_COLUMNS
from app.backend.learning.evaluation import LEAST_ROWS
from app.backend.learning.gate import judge, verdict
from app.backend.learning.recall_trial import RecallTrial
from app.backend.ranking.contributions import ERA, LENGTH, MEETS, RATING, TEXT, TITLE, Contribution
from app.backend.ranking.reasons import fallback
from app.backend.ranking.reasons import sentences as reasons
from app.backend.ranking.taste import TasteTable, mood_sentences, mood_table
from app.backend.workflows.serving import UNTRAINED, Serving, served_by
from app.backend.workflows.steps import SENTENCES
from tests.api import sayings
from tests.learning.test_gate import good_trial, with_promises, world

GERMAN = tongue_for("de")
FILM = Title(1, "Heat", "movie", 1995, 171, ("crime", "drama"), 8.3)
SERIES = Title(2, "The Wire", "series", 2002, 58, ("crime",), 9.3)
UNKNOWN = Title(3, "Something", "series")


def known(sentence: str) -> None:
    """Insist that a sentence is known, that German differs, and that English is left alone."""
    assert telling.is_known(sentence), sentence
    german = GERMAN.told(sentence)
    assert german != sentence
    assert "{" not in german
    assert ENGLISH.told(sentence) == sentence


def parts_of(name: str) -> list[Contribution]:
    """Return a logit in which one part speaks for a title."""
    return [Contribution(name, 1.0, 1.0)]


def test_genres_are_those_that_encore_knows() -> None:
    """Every genre's name is a message, and each is said in German."""
    names = {display_name(genre) for genre in CANON}
    assert names == set(sentences.GENRES)
    assert GERMAN.told("Documentary") == "Dokumentation"


@pytest.mark.parametrize("title", [FILM, SERIES, UNKNOWN], ids=lambda title: title.title)
def test_every_reason_is_known(title: Title) -> None:
    """Each genre and trait, alone and with each word of the evening, in all contexts."""
    traits = [*(f"genre_{genre}" for genre in CANON), LENGTH, TEXT, ERA, RATING]
    words = [f"{word}{MEETS}{trait}" for word in ("mood", "group", "session") for trait in traits]
    unsaid = [replace(context, mood=None) for context in every_context()]
    for context in [*every_context(), *unsaid]:
        for name in [TITLE, "member_7", *traits, *words]:
            for present in ({7: "Ada"}, {}):
                for sentence in reasons(parts_of(name), title, context, present):
                    known(sentence)


def test_what_is_said_without_a_reason_is_known() -> None:
    """With two genres, with one, and with none."""
    for first, second in pairwise(CANON):
        known(fallback(replace(FILM, genres=(first, second))))
        known(fallback(replace(FILM, genres=(first,))))
    known(fallback(UNKNOWN))


@pytest.mark.parametrize("learnt", [True, False])
def test_what_moods_mean_is_known(learnt: bool) -> None:
    """Whatever is liked and avoided, in every mood."""
    rules = mood_table(rules_posterior())
    for liked, avoided in product(range(5), range(4)):
        line = [2.0 - at / 10 for at in range(liked)] + [-1.0] * avoided
        means = (0.0, *line, *[0.0] * (len(CANON) - len(line)))
        table = TasteTable(rules.words, rules.traits, (means,) * 4, ((0.1,) * len(means),) * 4)
        for sentence in mood_sentences(table, learnt=learnt):
            known(sentence)


def test_who_answers_is_known() -> None:
    """The rules or a model, learnt from one or many, and in place of one that is damaged."""
    why = "The model v1 cannot be used: /models/v1 is refused: its manifest is not JSON. "
    why += "Restore it from a backup, or train again with: encore train"
    rules = rules_posterior()
    for serving in (
        Serving(rules, None, UNTRAINED),
        Serving(rules, None, why),
        Serving(rules, "20261120T201500-0123456789ab", None, 1),
        Serving(rules, "20261120T201500-0123456789ab", why, 40, is_fallback=True),
        Serving(rules, "20261120T201500-0123456789ab", None, 0, rating_count=120),
    ):
        known(served_by(serving))


def verdicts() -> list[str]:
    """Return what the gate finds of challengers good and bad, in all respects."""
    good = good_trial()
    flat = np.full(len(good.y), 0.5)
    wrong = np.where(good.y == 1, 0.3, 0.7)
    funny = good.X[:, CONTEXT_COLUMNS.index("mood_funny")] == 1.0
    trials = [
        good,
        good_trial(LEAST_ROWS - 1),
        *(
            replace(good_trial(LEAST_ROWS - 1), recall=RecallTrial(60, 400, 0.7, 0.6, *chances))
            for chances in ((0.99, 0.999), (0.5, 0.5))
        ),
        good_trial(LEAST_ROWS),
        with_promises(good, **{CHALLENGER: flat}),
        with_promises(good, **{CHALLENGER: wrong}),
        with_promises(good, **{CHALLENGER: np.where(funny, wrong, good.p[CHALLENGER])}),
        with_promises(good, **{CHALLENGER: good.p[RULES] - 0.01, CHAMPION: good.p[RULES]}),
    ]
    for size, column in product((0, 5), range(len(CONTEXT_COLUMNS))):
        said = good.X[:, column] == 1.0
        one = with_promises(good, **{CHALLENGER: np.where(said, wrong, good.p[CHALLENGER])})
        trials.append(replace(one, y=one.y.copy(), request=one.request + size))
    found = []
    for trial, library in product(trials, (world().encoded, world().encoded[:3])):
        answers = judge(trial, rules_posterior(), library, 5)
        found += [text for answer in answers for text in (answer.question, answer.finding)]
        found.append(f"Promoted. {verdict(answers)[1]}")
    return found


def test_every_verdict_of_the_gate_is_known() -> None:
    """Questions, findings, and reasons of several findings."""
    for sentence in set(verdicts()):
        known(sentence)


def test_what_a_training_does_and_asks_is_known() -> None:
    """Steps, questions, and what is done with the rows that they hit."""
    for sentence in (*SENTENCES.values(), *SEVERITIES.values()):
        known(sentence)
    for question in every_question():
        known(question.question)
        known(question.done)
        assert telling.is_known(question.action)
    for reason in REASONS.values():
        known(reason)


@pytest.mark.parametrize(("where", "sentence"), list(sayings.errors_of_pages()))
def test_every_error_that_a_page_may_show_is_known(where: str, sentence: str) -> None:
    """A new error asks for a pattern in one of the modules of sentences."""
    assert telling.is_known(sentence), f"{where}: {sentence}"


@pytest.mark.parametrize(("where", "sentence"), list(sayings.refusals()))
def test_every_refusal_of_a_title_is_known(where: str, sentence: str) -> None:
    """A new reason to refuse a title asks for a pattern, too."""
    assert telling.is_known(sentence), f"{where}: {sentence}"


def test_every_known_message_is_in_the_german_catalogue() -> None:
    """Each has a translation with the places of the original, whichever order they are in."""
    for message in telling.every_message():
        translated = GERMAN.gettext(message)
        assert sayings.places_of(translated) == sayings.places_of(message), message


def test_values_are_said_in_the_other_language_too() -> None:
    """Genres, evenings, lists, decimals and shares; titles and names stay as they are."""
    assert GERMAN.told("Sci-Fi suits a short session.") == (
        "Science-Fiction passt zu einem kurzen Abend."
    )
    assert "Krimi und Drama" in GERMAN.told("A different choice: Crime and Drama.")
    assert GERMAN.told("It is well rated: 8.3 of 10.") == "Gut bewertet: 8,3 von 10."
    assert "97\N{NO-BREAK SPACE}%" in GERMAN.told(
        "On 40 later feedbacks it did better than the rules (log loss 0.512 against 0.623); the "
        "chance that it is no worse is 97%."
    )
    assert GERMAN.told("It suits Mood Funny.") == "Das passt zu Mood Funny."


def test_sentences_that_were_joined_are_told_one_by_one() -> None:
    """What is unknown among them stays as it is."""
    told = GERMAN.told("Promoted. Nobody knows this. No mood or company collapses.")
    assert told == (
        "Übernommen. Nobody knows this. Keine Stimmung und keine Gesellschaft bricht ein."
    )


@given(st.text())
def test_unknown_text_is_left_alone(text: str) -> None:
    """Whatever somebody wrote comes back as it was."""
    assert GERMAN.told(f"¤{text}") == f"¤{text}"


@given(st.sampled_from(telling.every_message()), st.text(max_size=40))
def test_no_value_breaks_a_sentence(message: str, value: str) -> None:
    """Brackets, quotes and signs of formats in a value are text like any other."""
    GERMAN.told(sayings.filled(message, value))


def test_hostile_text_takes_no_time() -> None:
    """The beginning of every message, many times over, up to the longest text that is read."""
    began = perf_counter()
    for message in telling.every_message():
        GERMAN.told((sayings.filled(message, "a")[:-1] * 200)[: telling.LONGEST])
    assert perf_counter() - began < 20
