"""Other people's libraries become titles."""
