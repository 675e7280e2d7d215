"""Settings whose values lie in files, as containers hand secrets over."""

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from app.backend.domain.errors import SettingsInvalid

LONGEST_VALUE = 4_096


class FileSource(PydanticBaseSettingsSource):
    """Reads `ENCORE_X` from the file that `ENCORE_X_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Return what the file holds, without the line's end; `None` where none is named."""
        variable = f"ENCORE_{field_name.upper()}"
        path = os.environ.get(f"{variable}_FILE", "")
        if not path:
            return None, field_name, False
        if variable in os.environ:
            raise SettingsInvalid(f"{variable} and {variable}_FILE are both set; keep one of them.")
        try:
            content = Path(path).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SettingsInvalid(
                f"The file that {variable}_FILE names cannot be read; see that it exists, and that "
                "Encore may read it."
            ) from error
        return content[:LONGEST_VALUE].rstrip("\r\n"), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every value that lies in a file."""
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}
