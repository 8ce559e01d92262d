"""Notebook 00 Start here."""

NOTEBOOK = "00_start_here"
TITLE = "00 Start here"
