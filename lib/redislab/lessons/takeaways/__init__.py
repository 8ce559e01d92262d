"""Notebook 06 Takeaways."""

NOTEBOOK = "06_takeaways"
TITLE = "06 Takeaways"
