"""What an evening is called in sentences."""

from typing import Final

MOOD_WORDS: Final = {
    "funny": "a funny mood",
    "action": "a mood for action",
    "dramatic": "a dramatic mood",
    "relaxing": "a relaxing mood",
}
COMPANY_WORDS: Final = {
    "solo": "an evening alone",
    "couple": "an evening for two",
    "group": "a group",
}
