"""What a household says of a pick instead of watching it."""

from datetime import timedelta
from typing import Final, Literal, TypeAlias, get_args

SignalKind: TypeAlias = Literal["not_tonight", "never", "seen"]

SIGNAL_KINDS: Final[tuple[str, ...]] = get_args(SignalKind)
NOT_TONIGHT: Final = "not_tonight"
NEVER: Final = "never"
SEEN: Final = "seen"
# By then an evening is over, however late it began.
EVENING: Final = timedelta(hours=12)
