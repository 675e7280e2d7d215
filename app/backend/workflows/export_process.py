"""An export carried out in a process of its own; its input is the order, its output what failed."""

import json
import sys
from contextlib import closing
from pathlib import Path

from app.backend.domain.errors import EncoreError
from app.backend.store.session import open_database
from app.backend.workflows.export import export_version
from app.backend.workflows.serving import Shelf


def main() -> None:
    """Write the export that the input asks for, and tell the error's envelope, or null."""
    order = json.load(sys.stdin)
    target, shelf = Path(order["target"]), Shelf(Path(order["models_dir"]))
    fault = None
    try:
        with (
            closing(open_database(order["database_url"])) as database,
            database.reading() as session,
        ):
            export_version(session, shelf, order["version"], target.suffix[1:], target)
    except EncoreError as error:
        fault = error.envelope()
    json.dump(fault, sys.stdout)


if __name__ == "__main__":
    main()
