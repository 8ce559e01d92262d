"""1.4 Refresh-ahead."""

HEADING = "1.4 Refresh-ahead"
