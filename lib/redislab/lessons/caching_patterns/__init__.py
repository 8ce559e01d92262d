"""Notebook 01 Caching patterns."""

NOTEBOOK = "01_caching_patterns"
TITLE = "01 Caching patterns"
SECTIONS = {
    "1.1": "Cache-aside",
    "1.2": "Write-through",
    "1.3": "Write-behind",
    "1.4": "Refresh-ahead",
    "1.5": "Rankings",
}  # as the claims board calls them
