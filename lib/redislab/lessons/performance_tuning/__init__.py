"""Notebook 04 Performance tuning."""

NOTEBOOK = "04_performance_tuning"
TITLE = "04 Performance tuning"
# as the claims board calls them
SECTIONS = {"4.1": "Connections", "4.2": "Pipelining", "4.3": "Scripts"}
