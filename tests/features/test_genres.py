"""Genre names of every source and language become Encore's own, and none is lost in silence."""

import tomllib
from importlib import resources

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.backend.features.genres import (
    CANON,
    LONGEST_NAME,
    MOST_NAMES,
    Genres,
    display_name,
    normalise,
    split_names,
    stored_text,
)

TABLE = tomllib.loads(
    resources.files("app.backend.features").joinpath("genre_names.toml").read_text("utf-8")
)
SPELT = [
    *((name, (genre,)) for genre, names in TABLE["names"].items() for name in names),
    *((name, tuple(parts)) for name, parts in TABLE["compounds"].items()),
    *((name, ()) for name in TABLE["ignored"]),
]

# TMDB's movie genres in one order, without "TV Movie", which is none.
MOVIE_GENRES = (
    "action,adventure,animation,comedy,crime,documentary,drama,family,fantasy,history,"
    "horror,music,mystery,romance,scifi,thriller,war,western"
)
MOVIE_NAMES = {
    "en": "Action,Adventure,Animation,Comedy,Crime,Documentary,Drama,Family,Fantasy,History,"
    "Horror,Music,Mystery,Romance,Science Fiction,Thriller,War,Western",
    "de": "Action,Abenteuer,Animation,Komödie,Krimi,Dokumentarfilm,Drama,Familie,Fantasy,Historie,"
    "Horror,Musik,Mystery,Liebesfilm,Science Fiction,Thriller,Kriegsfilm,Western",
    "fr": "Action,Aventure,Animation,Comédie,Crime,Documentaire,Drame,Familial,Fantastique,"
    "Histoire,Horreur,Musique,Mystère,Romance,Science-Fiction,Thriller,Guerre,Western",
    "es": "Acción,Aventura,Animación,Comedia,Crimen,Documental,Drama,Familia,Fantasía,Historia,"
    "Terror,Música,Misterio,Romance,Ciencia ficción,Suspense,Bélica,Western",
    "it": "Azione,Avventura,Animazione,Commedia,Crime,Documentario,Dramma,Famiglia,Fantasy,Storia,"
    "Horror,Musica,Mistero,Romance,Fantascienza,Thriller,Guerra,Western",
    "pl": "Akcja,Przygodowy,Animacja,Komedia,Kryminał,Dokumentalny,Dramat,Familijny,Fantasy,"
    "Historyczny,Horror,Muzyczny,Tajemnica,Romans,Sci-Fi,Thriller,Wojenny,Western",
    "nl": "Actie,Avontuur,Animatie,Komedie,Misdaad,Documentaire,Drama,Familie,Fantasie,Historisch,"
    "Horror,Muziek,Mysterie,Romantiek,Sciencefiction,Thriller,Oorlog,Western",
    "pt": "Ação,Aventura,Animação,Comédia,Crime,Documentário,Drama,Família,Fantasia,História,"
    "Terror,Música,Mistério,Romance,Ficção científica,Thriller,Guerra,Faroeste",
    "sv": "Action,Äventyr,Animerat,Komedi,Kriminal,Dokumentär,Drama,Familj,Fantasy,Historia,"
    "Skräck,Musik,Mysterium,Romantik,Science Fiction,Thriller,Krig,Western",
    "da": "Action,Eventyr,Animation,Komedie,Kriminalitet,Dokumentar,Drama,Familie,Fantasy,Historie,"
    "Gyser,Musik,Mysterium,Romantik,Science fiction,Thriller,Krig,Western",
}


def test_the_promised_genres_come_first() -> None:
    """The first five canonical genres are those of the promised columns."""
    assert CANON[:5] == ("comedy", "action", "drama", "thriller", "scifi")
    assert len(CANON) == len(set(CANON)) == 22


def test_the_table_is_complete() -> None:
    """Every canonical genre has names and a display name that leads back to it."""
    assert tuple(TABLE["names"]) == tuple(TABLE["display"]) == CANON
    assert all(normalise([genre]).known == (genre,) for genre in CANON)
    assert all(normalise([display_name(genre)]).known == (genre,) for genre in CANON)


def test_a_name_that_is_no_genre_is_its_own_display_name() -> None:
    """Names that are shown but not understood stay as they are."""
    assert display_name("Bergfilm") == "Bergfilm"


def test_no_name_means_two_things() -> None:
    """Whatever the table spells means exactly what its line says, however many lines spell it."""
    for name, meant in SPELT:
        expected = tuple(genre for genre in CANON if genre in meant)
        assert normalise([name]) == Genres(known=expected, unknown=()), name


@pytest.mark.parametrize("language", MOVIE_NAMES)
def test_movie_genres_of_many_languages_are_known(language: str) -> None:
    """TMDB's eighteen movie genres are understood in ten languages, one for one."""
    names = MOVIE_NAMES[language].split(",")
    assert [normalise([name]).known for name in names] == [
        (genre,) for genre in MOVIE_GENRES.split(",")
    ]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Action & Adventure", ("action", "adventure")),
        ("Sci-Fi & Fantasy", ("scifi", "fantasy")),
        ("War & Politics", ("war",)),
        ("Kids", ("family",)),
        ("News", ("documentary",)),
        ("Soap", ("drama",)),
        ("Talk", ("talk",)),
        ("Akcja i Przygoda", ("action", "adventure")),
        ("Science-Fiction & Fantastique", ("scifi", "fantasy")),
        ("Action & Abenteuer", ("action", "adventure")),
        ("Krieg und Politik", ("war",)),
        ("Ciencia Ficción y Fantasía", ("scifi", "fantasy")),
        ("Guerra e politica", ("war",)),
        ("Sciencefiction en fantasy", ("scifi", "fantasy")),
        ("Ação e Aventura", ("action", "adventure")),
        ("Film-Noir", ("crime",)),
        ("Musical", ("music",)),
        ("Children's", ("family",)),
        ("Game-Show", ("reality",)),
        ("Reality-TV", ("reality",)),
        ("Talk-Show", ("talk",)),
        ("Anime", ("animation",)),
        ("Martial Arts", ("action",)),
        ("Suspense", ("thriller",)),
        ("Home and Garden", ("reality",)),
        ("Travel", ("documentary",)),
        ("Comédie romantique", ("comedy", "romance")),
    ],
)
def test_names_of_series_and_other_catalogues_are_known(name: str, known: tuple[str, ...]) -> None:
    """TMDB's series genres, IMDb's, MovieLens' and TVDB's names, and compounds are understood."""
    assert normalise([name]) == Genres(known, ())


@pytest.mark.parametrize("name", ["TV Movie", "(no genres listed)", "Short", "Téléfilm", "N/A"])
def test_names_that_say_nothing_vanish(name: str) -> None:
    """What says nothing about genre is neither known nor unknown."""
    assert normalise([name]) == Genres((), ())


@pytest.mark.parametrize(
    "name",
    [
        "Sci-Fi",
        "SciFi",
        "sci fi",
        "SCI_FI",
        "  Sci-Fi. ",
        "\uff33\uff43\uff49\uff0d\uff26\uff49",
        "\ufeffSci-Fi",
    ],
)
def test_case_width_and_punctuation_do_not_count(name: str) -> None:
    """A genre is recognised in any case, width and punctuation."""
    assert normalise([name]).known == ("scifi",)


@pytest.mark.parametrize("name", ["Comédie", "Comedie", "COMÉDIE", "Come\u0301die"])
def test_accents_are_optional(name: str) -> None:
    """A genre is recognised with accents, without them, and with combining ones."""
    assert normalise([name]).known == ("comedy",)


def test_letters_with_strokes_are_optional_too() -> None:
    """Polish and Danish letters that Unicode does not take apart match their plain spelling."""
    assert normalise(["Kryminal", "Bornefilm"]).known == ("crime", "family")


def test_known_names_at_a_joining_sign_are_each_known() -> None:
    """A compound that nobody listed is understood where all its parts are."""
    assert normalise(["Drama und Musik"]).known == ("drama", "music")
    assert normalise(["Horror + Sci-Fi & Western"]).known == ("scifi", "horror", "western")


def test_a_compound_with_an_unknown_part_stays_whole() -> None:
    """Half a compound is not guessed at."""
    assert normalise(["Drama & Bergfilm"]) == Genres((), ("Drama & Bergfilm",))


def test_known_genres_come_once_and_in_order() -> None:
    """The order and the number of times a source names a genre do not matter."""
    assert normalise(["Western", "Drama", "Dramat", "Comedy"]).known == (
        "comedy",
        "drama",
        "western",
    )


def test_unknown_names_keep_their_first_spelling() -> None:
    """Unknown names come trimmed, in the order given, and once however they are spelt."""
    names = [" Bergfilm ", "BERGFILM", "Drama", "Heimatfilm", "Berg-Film"]
    assert normalise(names) == Genres(("drama",), ("Bergfilm", "Heimatfilm"))


def test_names_without_a_letter_stay_apart() -> None:
    """Names of signs alone, or of a joining word alone, are unknown names like any other."""
    assert normalise(["!!", "??", "Y"]) == Genres((), ("!!", "??", "Y"))


def test_nothing_in_nothing_out() -> None:
    """No text, empty names and bare separators hold no genres."""
    assert split_names(None) == split_names("") == split_names(" , ;|/ / ") == ()
    assert normalise(["", "  ", "///"]) == Genres((), ())
    assert stored_text([]) == ""


@pytest.mark.parametrize(
    "text", ["Drama,Comedy", "Drama; Comedy", "Drama|Comedy", "Drama / Comedy"]
)
def test_every_separator_splits(text: str) -> None:
    """Commas, semicolons, bars and slashes part names; spaces around them do not stay."""
    assert split_names(text) == ("Drama", "Comedy")


def test_a_slash_splits_unless_a_known_name_has_it() -> None:
    """A slash without spaces parts names too, except in a name that is known with it."""
    assert split_names("Action/Adventure,N/A,Heimat/Berg") == (
        "Action",
        "Adventure",
        "N/A",
        "Heimat",
        "Berg",
    )


def test_joining_signs_do_not_split_text() -> None:
    """Compound names stay whole until they are translated."""
    assert split_names("Sci-Fi & Fantasy, Drama") == ("Sci-Fi & Fantasy", "Drama")


def test_names_are_limited_in_number_and_length() -> None:
    """A runaway text gives at most 16 names of 64 characters each."""
    names = split_names(",".join(f"{number:03}{'x' * 100}" for number in range(50)))
    assert [len(name) for name in names] == [LONGEST_NAME] * MOST_NAMES


def test_stored_text_shows_known_names_before_unknown_ones() -> None:
    """The column keeps display names in canonical order, then what nobody knows."""
    names = ["Bergfilm", "Science Fiction", "Téléfilm", "Komödie"]
    assert stored_text(names) == "Comedy,Sci-Fi,Bergfilm"


def test_separators_inside_an_unknown_name_do_not_split_it() -> None:
    """A stored name never reads back as two."""
    assert stored_text(["Berg, Tal; Fluss"]) == "Berg Tal Fluss"


def test_stored_text_is_fit_for_a_database() -> None:
    """Codes that databases refuse do not get into the column."""
    assert stored_text(["Berg\x00film", "Heimat\ud800"]) == "Berg film,Heimat"


_names = st.one_of(
    st.sampled_from([name for name, _ in SPELT]),
    st.text(max_size=80),
    st.lists(st.sampled_from([*"aé&+,;|/- .", "and", "Sci", "Fiction", "Drama", "N/A"])).map(
        "".join
    ),
)


@given(st.one_of(_names, st.lists(_names, max_size=24).map(",".join)))
def test_splitting_never_fails(text: str) -> None:
    """Whatever the text, names come out trimmed, not empty, and within the limits."""
    names = split_names(text)
    assert len(names) <= MOST_NAMES
    assert all(name and name == name.strip() and len(name) <= LONGEST_NAME for name in names)


@given(st.lists(_names, max_size=24))
@example(["Science, Fiction & Comedy"])
@example(["!,?", "! ?"])
@example([*CANON, "Bergfilm"])
def test_storing_is_idempotent(names: list[str]) -> None:
    """What was stored reads back and stores as itself."""
    text = stored_text(names)
    assert stored_text(split_names(text)) == text


@given(st.lists(_names, max_size=12))
def test_no_name_is_lost(names: list[str]) -> None:
    """Every name is known, unknown or one that says nothing; and the order does not matter."""
    found = normalise(names)
    backwards = normalise(reversed(names))
    assert set(found.known) <= set(CANON)
    assert found.known == backwards.known
    assert len(found.unknown) == len(backwards.unknown)
    for name in names:
        alone = normalise([name])
        assert set(alone.known) <= set(found.known)
        assert not alone.unknown or len(normalise([*found.unknown, name]).unknown) == len(
            found.unknown
        )
