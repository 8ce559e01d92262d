"""Notebook 03 Key naming."""

NOTEBOOK = "03_key_naming"
TITLE = "03 Key naming"
# as the claims board calls them
SECTIONS = {"3.3": "Finding keys"}
