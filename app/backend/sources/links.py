"""Where a title is on its media server's own pages."""

from typing import Final
from urllib.parse import quote

from app.backend.domain.errors import InvalidInput
from app.backend.sources.server_address import ServerAddress

JELLYFIN: Final = "{base}/web/#/details?id={id}&serverId={server}"
PLEX: Final = (
    "https://app.plex.tv/desktop/#!/server/{server}/details?key=%2Flibrary%2Fmetadata%2F{id}"
)
# What each kind of server calls its pages, until somebody says otherwise.
TEMPLATES: Final = {"jellyfin": JELLYFIN, "plex": PLEX}
LONGEST_TEMPLATE: Final = 500
_BEGINNINGS: Final = ("{base}/", "http://", "https://")
# What would end an attribute, or be read in two ways.
_UNWANTED: Final = frozenset(" \"'<>\\^`{}|")


def deep_link(address: ServerAddress, template: str, item_id: str, server_id: str) -> str:
    """Return the page of an item, as a template has it.

    Examples
    --------
    >>> deep_link(ServerAddress.of("http://nas:8096"), TEMPLATES["jellyfin"], "ab12", "cd34")
    'http://nas:8096/web/#/details?id=ab12&serverId=cd34'
    """
    told = {"{base}": str(address), "{id}": quote(item_id, ""), "{server}": quote(server_id, "")}
    for placeholder, value in told.items():
        template = template.replace(placeholder, value)
    return template


def checked_template(text: str) -> str:
    """Return a template of links that an owner wrote.

    Raises
    ------
    InvalidInput
        Where no link would come of it that leads to an item.
    """
    template = text.strip()
    rest = template
    for placeholder in ("{base}", "{id}", "{server}"):
        rest = rest.replace(placeholder, "")
    is_plain = rest.isascii() and rest.isprintable() and not _UNWANTED & set(rest)
    is_link = template.startswith(_BEGINNINGS) and "{id}" in template
    if not is_plain or not is_link or len(template) > LONGEST_TEMPLATE:
        raise InvalidInput(
            f"A link to a title begins with {{base}}/, http:// or https://, holds {{id}}, and may "
            f"hold {{base}} and {{server}}; in Jellyfin it is {JELLYFIN}."
        )
    return template
