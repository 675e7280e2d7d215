"""Models become bytes, and bytes that can be trusted become models."""
