"""6.4 What you can do now."""

HEADING = "6.4 What you can do now"
