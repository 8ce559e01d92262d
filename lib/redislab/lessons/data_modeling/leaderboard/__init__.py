"""2.2 Leaderboard."""

HEADING = "2.2 Leaderboard"
