"""Encore over HTTP: the REST interface and the pages."""
