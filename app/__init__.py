"""Encore answers one question: what shall we watch tonight."""
