"""The catalogues hold what pages and code say, all of it translated: see `make catalogues`."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message

from app.backend.api.tongue import ENGLISH, LANGUAGES
from docs import catalogues

OTHERS = [language for language in LANGUAGES if language != ENGLISH.language]
# `%(name)s` of gettext, `{name}` of sentences that are told again.
_PLACES = re.compile(r"%\((\w+)\)[a-z]|(?<![{\w]){(\w+)}")


def places(text: str) -> set[str]:
    """Return the names of a text's places."""
    return {first or second for first, second in _PLACES.findall(text)}


def ids(messages: Catalog) -> set[tuple[str, ...]]:
    """Return what is to be translated."""
    return {texts(message.id) for message in messages if message.id}


def texts(said: object) -> tuple[str, ...]:
    """Return the forms of a message, or of its translation."""
    return (said,) if isinstance(said, str) else tuple(map(str, said or ()))  # type: ignore[call-overload]  # babel's own: str or a sequence


def entries(language: str) -> Iterator[Message]:
    """Yield the messages of a catalogue as it is written."""
    yield from (message for message in catalogues.catalogue(language) if message.id)


def test_the_template_has_every_message() -> None:
    """What is extracted now is what is written; `make catalogues` writes it anew."""
    written = catalogues.TEMPLATE.read_text(encoding="utf-8")
    found = catalogues.text_of(catalogues.template())
    missing = set(re.findall(r"^msgid .*", found, re.MULTILINE)) - set(
        re.findall(r"^msgid .*", written, re.MULTILINE)
    )
    assert not missing
    assert found == written


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_exactly_these_messages(language: str) -> None:
    """None is missing, and none is kept that nobody says any more."""
    assert ids(catalogues.catalogue(language)) == ids(catalogues.template())


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated(language: str) -> None:
    """No translation is empty, doubtful or a form short."""
    found = catalogues.catalogue(language)
    left = [
        texts(message.id)[0]
        for message in entries(language)
        if message.fuzzy
        or not all(texts(message.string))
        or (message.pluralizable and len(texts(message.string)) != found.num_plurals)
    ]
    assert not left


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_places_of_their_messages(language: str) -> None:
    """A name that was mistyped would break the page; each form has all, a singular may lack `n`."""
    wrong = []
    for message in entries(language):
        wanted = places(" ".join(texts(message.id)))
        for number, form in enumerate(texts(message.string)):
            is_one = message.pluralizable and not number
            least = places(texts(message.id)[0]) if is_one else wanted
            if form and not least <= places(form) <= wanted:
                wrong.append(form)
    assert not wrong


@pytest.mark.parametrize("language", OTHERS)
def test_translations_can_be_filled_in(language: str) -> None:
    """A lone % in a message with places would be read as one more of them."""
    for message in entries(language):
        if any("%(" in one for one in texts(message.id)):
            for form in texts(message.string):
                assert "7" in form % dict.fromkeys(places(form), 7) or not places(form)


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_the_edges_of_their_messages(language: str) -> None:
    """Spaces around a message, and whether it ends as a sentence, are those of the original."""
    for message in entries(language):
        for said, form in zip(texts(message.id), texts(message.string), strict=False):
            if form:
                assert form == form.strip() or said != said.strip(), form
                assert said.rstrip()[-1:] not in ".?" or form.rstrip()[-1:] in '.?"“', form


def test_a_catalogue_is_the_same_whenever_it_is_written() -> None:
    """No date, no line number and no address of a person stands in it."""
    for path in (catalogues.TEMPLATE, *map(catalogues.path_of, OTHERS)):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"Date:|Translator|EMAIL|@|PROJECT|^#: \S+:\d", text, re.MULTILINE)
        assert text.endswith('"\n')
    for language in OTHERS:
        found = catalogues.catalogue(language)
        assert catalogues.text_of(found) == catalogues.path_of(language).read_text(encoding="utf-8")
