"""A card says what is known of a version, what is not, and nothing that a value made it say."""

import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.backend.registry.card import CardFacts, card_html, card_markdown
from tests.registry.card_facts import REASON, nothing_known, report, small

GOLDEN = Path(__file__).parents[1] / "golden" / "card.md"
SECTIONS = (
    "What it is",
    "What it learnt from",
    "How well it does",
    "By context and by company",
    "Calibration",
    "What decides",
    "What it is not good for",
    "How it was made",
    "Verdict of the gate",
)
ATTACKS = (
    "<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "a | b\n| c |", "```\n# x",
    "![x](http://evil.example/x.png)", "[x](javascript:alert(1))", "<!-- ", "{{ 7 * 7 }}",
    "{% raw %}", "&lt;b&gt;", "`code`", "**bold** __bold__ _it_ ~~gone~~", "\\| \\<b>", "]]>",
    '"><svg onload=alert(1)>', "\ud800", "a\x00b\x1b[31m", "\u202egnp.exe", "- x", "1. x", "===",
)  # fmt: skip
HOSTILE = st.sampled_from(ATTACKS) | st.text(st.characters(), min_size=1, max_size=30)
VOID = {"meta", "br"}


class Page(HTMLParser):
    """A card as a browser takes it apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Insist that it closes the last one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text by the tag around it."""
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def of(self, *names: str) -> list[dict[str, str | None]]:
        """Return the attributes of some tags."""
        return [attrs for tag, attrs in self.tags if tag in names]


def structure(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return a page's tags with the names of their attributes."""
    return [(tag, tuple(sorted(attrs))) for tag, attrs in Page(html).tags]


def blocks(markdown: str) -> list[str]:
    """Return what a reader of Markdown makes of a card, without its texts."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    children = [[one] if not one.children else [one, *one.children] for one in tokens]
    return [one.type for some in children for one in some if one.type != "text"]


def spoilt(text: str) -> CardFacts:
    """Return facts of which every text is one that nobody expects."""
    known = small()
    checks = [{**one, "id": text, "question": text, "action": text} for one in known.checks]
    return replace(
        known,
        version=text,
        family=text,
        config={text: text, "nested": {"a": [text, 1]}},
        parent=text,
        schema_fingerprint=text,
        data_fingerprint=text,
        checks=[{**checks[0], "action": "left out"}, *checks[1:]],
        split={**known.split, "fingerprint": text},
        gate=[{**one, "question": text, "finding": text} for one in known.gate],
        verdict=text,
        importance=[{**known.importance[0], "group": text}],
        limits=[text],
        libraries={text: text},
        digests={text: text},
    )


def test_a_small_card_reads_as_it_was_written() -> None:
    """Word for word; whoever changes a word sees here what a reader will see."""
    assert card_markdown(small()) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("make", [card_markdown, card_html])
def test_the_same_facts_give_the_same_bytes(make: Callable[[CardFacts], str]) -> None:
    """In whatever order config, libraries and digests come."""
    turned = dict(reversed(list(small().config.items())))
    libraries = dict(reversed(list(small().libraries.items())))
    assert make(replace(small(), config=turned, libraries=libraries)) == make(small())


@pytest.mark.parametrize("make", [card_markdown, card_html])
def test_nothing_known_is_a_card_that_says_so(make: Callable[[CardFacts], str]) -> None:
    """Every section is there, and says what it cannot say."""
    text = make(nothing_known())
    for section in SECTIONS:
        assert section in text
    for sentence in (
        "was tested on none that came later: how well it does is not known",
        "No later verdict tested it",
        "No part of the evenings was tested",
        "Whether its promises are kept is not known",
        "What decides was not measured",
        "It was tested on no later verdict",
        "The gate was not asked",
    ):
        assert sentence in text, sentence


@pytest.mark.parametrize("make", [card_markdown, card_html])
def test_an_empty_trial_is_a_card_too(make: Callable[[CardFacts], str]) -> None:
    """As a report of no rows is, with rivals that answered nothing."""
    empty = {name: {**one, "rows": 0, "log_loss": None, "log_loss_interval": None}
             for name, one in report()["against"].items()}  # fmt: skip
    told = report() | {"tested_rows": 0, "models": {}, "against": empty, "calibration": {}}
    told["slices"] = [{**one, "rows": 0, "models": {}} for one in told["slices"]]
    text = make(replace(small(), report=told))
    assert "how well it does is not known" in text
    assert "never tested for" not in text


def test_limits_follow_from_the_facts() -> None:
    """Each is said where it holds, and not where it does not."""
    told = report()
    sure = {
        name: {**one, "log_loss_interval": [0.58, 0.62]} for name, one in told["models"].items()
    }
    full = [{**one, "rows": 90} for one in told["slices"] if one["name"] != "funny"]
    good = told | {"tested_rows": 400, "models": sure, "slices": full}
    text = card_markdown(replace(small(), report=good, gate=small().gate[:1]))
    for sentence, facts in (
        ("It did not pass the gate", small()),
        ("every figure here may change", small()),
        ("that is a wide interval", small()),
        ("It was never tested for: a dramatic mood.", small()),
        ("For a funny mood it seems to do worse than the rules", small()),
        ("No tested evening says who was there", small()),
        ("what it says is mostly what the rules say", replace(small(), rows_used=20)),
        ("too few evenings to say how sure", replace(small(), report=_without_intervals())),
    ):
        assert sentence in card_markdown(facts), sentence
        assert sentence not in text, sentence
    assert "is not made to judge people" in text
    assert "It has not heard of horror." in text


def _without_intervals() -> dict[str, Any]:
    """Return a report without an interval."""
    told = json.loads(json.dumps(report()))
    for one in [*told["models"].values(), *told["against"].values()]:
        one.update({name: None for name in one if name.endswith("_interval")})
    return dict(told)


@pytest.mark.parametrize(
    ("interval", "sentence"),
    [
        ([-0.09, -0.01], "It did better than the rules, by 0.050 nats a verdict (0.010 to 0.090)."),
        ([-0.09, 0.01], "Whether it does better than the rules cannot be told yet: "),
        (None, "It did better than the rules, by 0.050 nats a verdict, on too few evenings"),
    ],
)
def test_a_comparison_is_no_surer_than_its_interval(
    interval: list[float] | None, sentence: str
) -> None:
    """Better is said where zero lies outside of the interval."""
    told = report()
    told["against"]["rules"]["log_loss_interval"] = interval
    assert sentence in card_markdown(replace(small(), report=told))


def test_worse_than_the_rules_is_said() -> None:
    """Where the whole interval lies above zero."""
    told = report()
    told["against"]["rules"] |= {"log_loss": 0.05, "log_loss_interval": [0.01, 0.09]}
    text = card_markdown(replace(small(), report=told))
    assert "It did worse than the rules, by 0.050 nats a verdict (0.010 to 0.090)." in text


@pytest.mark.parametrize("facts", [small(), nothing_known()], ids=["small", "nothing"])
def test_the_page_is_whole_and_needs_nothing_else(facts: CardFacts) -> None:
    """One heading of the first rank, others in order, unique ids, and nothing that is fetched."""
    html = card_html(facts)
    page = Page(html)
    assert page.open == []
    ranks = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3"}]
    assert ranks.count(1) == 1
    assert ranks[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(ranks))
    assert [text for text in page.texts["h2"] if text.strip()] == list(SECTIONS)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = [str(attrs[name]).split() for _, attrs in page.tags for name in attrs
             if name in {"aria-labelledby", "aria-describedby"}]  # fmt: skip
    assert {one for some in named for one in some} <= set(ids)
    fetching = ("script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "use")
    assert page.of(*fetching) == []
    for _, attrs in page.tags:
        assert not {"src", "href", "style", "srcset", "xlink:href"} & attrs.keys()
        assert not any(name.startswith("on") for name in attrs)
    for word in ("://", "url(", "@import"):
        assert word not in html


def test_pictures_and_tables_say_what_they_show() -> None:
    """Each picture has a title and a description with the figures; each cell of a head a scope."""
    html = card_html(small())
    page = Page(html)
    pictures = page.of("svg")
    assert len(pictures) == 3
    for attrs in pictures:
        assert attrs["role"] == "img"
        assert len(str(attrs["aria-labelledby"]).split()) == 2
    described = " ".join(page.texts["desc"])
    for fact in (
        "promised 90 %, liked 75 % (60 to 85 %), 30 rows",
        "against the rules \N{MINUS SIGN}0.050 (\N{MINUS SIGN}0.090 to \N{MINUS SIGN}0.010)",
        "Mood \N{MULTIPLICATION SIGN} genre 41 % and 30 %",
    ):
        assert fact in described
    assert all("scope" in attrs for attrs in page.of("th"))
    regions = [attrs for attrs in page.of("div") if attrs.get("class") == "scroll"]
    assert regions
    assert all({"role", "aria-labelledby", "tabindex"} <= attrs.keys() for attrs in regions)


def test_marks_stand_where_the_figures_are() -> None:
    """In the plot of promises, more liked is higher, more promised further right."""
    page = Page(card_html(small()))
    (first, second) = (attrs for attrs in page.of("circle") if attrs.get("class") == "mark-ours")
    assert float(str(first["cx"])) == 44 + 280 * 0.3
    assert float(str(first["cy"])) == 12 + 280 * 0.75
    assert float(str(second["cx"])) == 44 + 280 * 0.9
    classes = [str(attrs.get("class")) for attrs in page.of("g")]
    assert classes.count("better") == 1
    assert classes.count("open") == 1


@settings(deadline=None, max_examples=150)
@given(HOSTILE)
def test_no_text_becomes_part_of_the_page(text: str) -> None:
    """Whatever the values say, the page has the tags and attributes of a harmless one."""
    assert structure(card_html(spoilt(f"x{text}"))) == structure(card_html(spoilt("harmless")))


@settings(deadline=None, max_examples=150)
@given(HOSTILE)
def test_no_text_becomes_part_of_the_markdown(text: str) -> None:
    """Whatever the values say and begin with, a reader sees the blocks of a harmless card."""
    harmless = blocks(card_markdown(spoilt("harmless")))
    for value in (f"x{text}", f"{text}x"):
        assert blocks(card_markdown(spoilt(value))) == harmless


@pytest.mark.parametrize("text", ATTACKS)
def test_no_attack_comes_through(text: str) -> None:
    """Neither form holds what was tried, and both can be written down."""
    html, markdown = card_html(spoilt(text)), card_markdown(spoilt(text))
    for written in (html, markdown):
        written.encode("utf-8")
        for piece in ("<script", "<img", "<!-- ", "\x00", "\x1b", "\u202e"):
            assert piece not in written, piece
    assert "](" not in markdown


def test_a_template_in_a_value_is_a_value() -> None:
    """It is shown, and not carried out."""
    facts = replace(small(), family="{{ 7 * 7 }}")
    assert "<dd>{{ 7 * 7 }}</dd>" in card_html(facts)
    assert "| family | {{ 7 &#42; 7 }} |" in card_markdown(facts)


def test_the_verdict_is_told_with_every_answer() -> None:
    """Passed and not passed, each with its finding."""
    text = card_markdown(small())
    assert "**It did not pass the gate.**" in text
    assert f"| Is it no worse than the rules? | passed | {REASON} |" in text
    assert "| Do its probabilities hold? | **not passed** | Off by 0.4. |" in text
    passed = replace(small(), gate=small().gate[:1])
    assert "**It passed the gate.**" in card_markdown(passed)
    assert "Passed the gate" in card_html(passed)
    assert "Did not pass the gate" in card_html(small())
