"""1.5 Which one?"""

HEADING = "1.5 Which one?"
