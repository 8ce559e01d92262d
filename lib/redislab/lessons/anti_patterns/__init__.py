"""Notebook 05 Anti-patterns."""

NOTEBOOK = "05_anti_patterns"
TITLE = "05 Anti-patterns"
SECTIONS = {
    "5.1": "KEYS",
    "5.2": "Large values",
    "5.3": "Missing TTLs",
    "5.4": "SELECT",
    "5.5": "No pool",
}  # as the claims board calls them
