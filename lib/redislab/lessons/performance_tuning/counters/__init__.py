"""4.3 Scripts."""

HEADING = "4.3 Scripts"
