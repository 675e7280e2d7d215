"""Where titles stand at media servers: their posters and their pages there."""

from app.backend.store.tables import Media
from app.backend.workflows import connections
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.standings import Whereabouts, whereabouts
from tests.media_servers import fake_plex
from tests.media_servers.fake_jellyfin import SHOWS, World, film
from tests.workflows.syncs import connected, sync


def standing(household: Household) -> dict[str, Whereabouts]:
    """Return where every title stands, by its name."""
    with household.database.reading() as session:
        names = {row.id: row.title for row in session.query(Media)}
        found = whereabouts(session, list(names))
    return {names[media_id]: place for media_id, place in found.items()}


def test_titles_lead_to_their_page(household: Household, small_library: Imported) -> None:
    """As the server writes it, or as the household does; what stands nowhere has none."""
    assert small_library.counts.added
    with connected(household, World(items=[film(7)])) as source:
        sync(household, source)
        place = standing(household)["Film 7"]
        assert place.link == (
            f"{source.address}/web/#/details?id={film(7)['Id']}&serverId={'f' * 32}"
        )
        assert (place.server_name, place.kind) == ("Attic", "jellyfin")
        connections.change(household, source.id, {"link": "https://tv.example/{id}"})
        assert standing(household)["Film 7"].link == f"https://tv.example/{film(7)['Id']}"
    assert list(standing(household)) == ["Film 7"]


def test_of_two_copies_one_with_a_poster_is_shown(household: Household) -> None:
    """A poster that changes has another version; one that is taken away has none."""
    bare = film(2, Name="Film 1", ProductionYear=1961, ParentId=SHOWS, ImageTags={})
    bare["ProviderIds"] = film(1)["ProviderIds"]
    world = World(items=[film(1), bare])
    versions = []
    with connected(household, world) as source:
        for tags in ({"Primary": "one"}, {"Primary": "two"}, {}):
            world.items[0]["ImageTags"] = tags
            sync(household, source, is_whole=True)
            (place,) = standing(household).values()
            versions.append(place.poster_version)
    assert versions[0] != versions[1]
    assert versions[2] is None


def test_titles_of_plex_lead_to_its_app(household: Household) -> None:
    """Which finds the server by its own number."""
    with fake_plex.serve(fake_plex.World(items=[fake_plex.film(3)])) as address:
        wanted = connections.Wanted("plex", address, fake_plex.OWNER_KEY)
        sync(household, connections.connect(household, wanted))
    (place,) = standing(household).values()
    assert place.link == (
        f"https://app.plex.tv/desktop/#!/server/{'c' * 40}/details?key=%2Flibrary%2Fmetadata%2F3"
    )
