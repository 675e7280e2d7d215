"""Templates and static files of the pages; no build step."""
