"""1.2 Write-through."""

HEADING = "1.2 Write-through"
