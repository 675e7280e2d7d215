"""Links lead to a title's own page, and nowhere that an owner did not write."""

import pytest

from app.backend.domain.errors import InvalidInput
from app.backend.sources.links import LONGEST_TEMPLATE, TEMPLATES, checked_template, deep_link
from app.backend.sources.server_address import ServerAddress

NAS = ServerAddress.of("http://nas.local:8096/jf")
ITEM, SERVER = "ab" * 16, "cd" * 16


def test_jellyfin_has_a_page_for_each_item() -> None:
    """Below its own address, whatever stands before its paths."""
    link = deep_link(NAS, TEMPLATES["jellyfin"], ITEM, SERVER)
    assert link == f"http://nas.local:8096/jf/web/#/details?id={ITEM}&serverId={SERVER}"


def test_a_link_may_lead_elsewhere() -> None:
    """Where the address that Encore calls is not the one that browsers know."""
    template = checked_template(" https://watch.example/web/#/details?id={id}&serverId={server} ")
    link = deep_link(NAS, template, ITEM, SERVER)
    assert link == f"https://watch.example/web/#/details?id={ITEM}&serverId={SERVER}"


@pytest.mark.parametrize("told", ['"><script>', "a&b=c#d", "../../x", "{base}", "{server}", "ü /%"])
def test_what_a_server_calls_itself_stays_in_its_place(told: str) -> None:
    """It neither ends the link's part, nor is it taken for a part itself."""
    for link in (
        deep_link(NAS, TEMPLATES["jellyfin"], ITEM, told),
        deep_link(NAS, TEMPLATES["jellyfin"], told, SERVER),
        deep_link(NAS, TEMPLATES["plex"], told, SERVER),
    ):
        assert link.startswith(("http://nas.local:8096/jf/web/#/details?", "https://app.plex.tv/"))
        assert link.isascii()
        assert not set(link) & set("\"'<> {}\\")
        assert link.count("&") <= 1
        assert link.count("#") == 1


@pytest.mark.parametrize(
    "template", [*TEMPLATES.values(), "{base}/d/{id}", "http://a/{id}?s={server}"]
)
def test_templates_that_lead_to_an_item_are_kept(template: str) -> None:
    """As they were written."""
    assert checked_template(template) == template


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{base}/web",
        "{base}{id}",
        "{id}",
        "/web/{id}",
        "//evil.example/{id}",
        "javascript:alert('{id}')",
        "javascript://x/%0aalert(1)//{id}",
        "data:text/html,{id}",
        "ftp://nas/{id}",
        "HTTP://nas/{id}",
        "http://nas/{id}/{token}",
        "http://nas/{id}{",
        'http://nas/{id}"onclick="x',
        "http://nas/{id}'",
        "http://nas/<{id}>",
        "http://nas/ {id}",
        "http://nas/{id}\\x",
        "http://nas/{id}\r\nX: y",
        "http://nas/{id}\u202ex",
        "http://näs/{id}",
        "http://nas/{id}/" + "x" * LONGEST_TEMPLATE,
    ],
)
def test_what_leads_to_no_item_or_elsewhere_is_refused(template: str) -> None:
    """A link is put into a page, where it must do nothing else."""
    with pytest.raises(InvalidInput, match="A link to a title"):
        checked_template(template)
