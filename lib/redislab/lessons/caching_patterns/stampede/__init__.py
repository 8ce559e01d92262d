"""Stampede."""

HEADING = "Stampede"
