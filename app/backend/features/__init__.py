"""Rows to X; the same code for training and serving."""
