"""How a database of an older Encore becomes one of this Encore."""
