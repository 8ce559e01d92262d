"""Notebook 02 Data modelling."""

NOTEBOOK = "02_data_modeling"
TITLE = "02 Data modelling"
# as the claims board calls them
SECTIONS = {"2.1": "Structures", "2.2": "Models"}
