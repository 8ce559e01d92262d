"""1.3 Write-behind."""

HEADING = "1.3 Write-behind"
