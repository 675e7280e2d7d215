"""What a version is not good for: sentences that follow from what is known, and what is not."""

from collections.abc import Iterator
from typing import Final

from app.backend.domain.runs import CHALLENGER, RULES
from app.backend.registry.card_facts import CardFacts
from app.backend.registry.card_numbers import counted, fixed, listed, slice_name, span

FEW_LEARNT: Final = 50
FEW_TESTED: Final = 100
WIDE_NATS: Final = 0.1

ALWAYS: Final = (
    (
        "It ranks the titles of one household's library for an evening. It is not made to judge "
        "people, to say whether a title is good or fit for children, or to serve another household."
    ),
    (
        "It learnt from titles that were suggested and watched. Of those that nobody was shown or "
        "chose it knows only what they have in common with others."
    ),
)


def limits(facts: CardFacts) -> list[str]:
    """Return every limit, what follows from the figures first."""
    found = [*_of_learning(facts), *_of_testing(facts), *_of_slices(facts), *_of_members(facts)]
    return [*found, *(one for one in facts.limits if one.strip()), *ALWAYS]


def _of_learning(facts: CardFacts) -> Iterator[str]:
    if facts.rows_used < FEW_LEARNT and facts.recalled:
        yield (
            f"It learnt from {counted(facts.rows_used, 'verdict')} and from ratings given "
            "elsewhere, which tell of no evening: what suits a mood, a company or a session is "
            "mostly what the rules say."
        )
    elif facts.rows_used < FEW_LEARNT:
        yield (
            f"It learnt from {counted(facts.rows_used, 'verdict')}: what it says is mostly what "
            "the rules say."
        )
    if facts.gate and not all(one["passed"] for one in facts.gate):
        yield "It did not pass the gate: it does not serve unless somebody decides so by hand."


def _of_testing(facts: CardFacts) -> Iterator[str]:
    rows = facts.tested_rows
    if not rows:
        yield "It was tested on no later verdict: nothing is known of how well it does."
        return
    if rows < FEW_TESTED:
        yield (
            f"It was tested on {counted(rows, 'later verdict')}: every figure here may change "
            "with the next evenings."
        )
    interval = facts.report["models"].get(CHALLENGER, {}).get("log_loss_interval")
    if interval is None:
        yield "It was tested on too few evenings to say how sure its figures are."
    elif interval[1] - interval[0] > WIDE_NATS:
        yield f"Its log loss may lie anywhere from {span(interval)}: that is a wide interval."
    rival = facts.against(RULES).get("log_loss_interval")
    if rival is not None and rival[0] <= 0.0 <= rival[1]:
        yield "Whether it does better than the rules cannot be told from these evenings."


def _of_slices(facts: CardFacts) -> Iterator[str]:
    if not facts.tested_rows:
        return
    said = [one for one in facts.slices() if one["by"] != "members"]
    never = [slice_name(one) for one in said if not one["rows"]]
    if never:
        yield f"It was never tested for: {listed(never)}."
    for one in facts.slices():
        against = one.get("against_rules") or {}
        interval = against.get("log_loss_interval")
        if interval is not None and interval[0] > 0.0:
            yield (
                f"For {slice_name(one)} it seems to do worse than the rules: by "
                f"{fixed(against['log_loss'])} nats a verdict ({span(interval)})."
            )


def _of_members(facts: CardFacts) -> Iterator[str]:
    """Say what is not known because nobody, or nobody in company, was named."""
    rows = {one["name"]: one["rows"] for one in facts.slices() if one["by"] == "members"}
    if not facts.tested_rows or not rows:
        return
    if not any(count for name, count in rows.items() if name != "0"):
        yield (
            "No tested evening says who was there: how well it serves single members, or several "
            "together, is not known."
        )
    elif not any(count for name, count in rows.items() if name not in {"0", "1"}):
        yield (
            "No tested evening names more than one member: how well it serves several together is "
            "not known."
        )
