"""Reading a long list of Jellyfin page by page."""

from functools import partial
from typing import Final

from app.backend.sources import jellyfin_items, server_paging

NAMING: Final = server_paging.Naming("Jellyfin", jellyfin_items.where)

batches: Final = partial(server_paging.batches, naming=NAMING)
