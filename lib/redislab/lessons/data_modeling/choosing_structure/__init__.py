"""2.1 Which structure?"""

HEADING = "2.1 Which structure?"
