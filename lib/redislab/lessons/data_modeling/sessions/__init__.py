"""2.2 Sessions."""

HEADING = "2.2 Sessions"
