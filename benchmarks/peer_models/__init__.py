"""Encore's champion behind other model servers: their wrappers, as thin as each allows."""
