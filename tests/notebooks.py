"""The notebooks of the course as tests read them: each once, and without nbformat, which takes 4 s to import."""

import functools
import json
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@functools.cache
def cells(path: Path) -> tuple[SimpleNamespace, ...]:
    """The cells: cell_type, id, metadata, source, and of code also outputs and execution_count."""
    read = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return tuple(SimpleNamespace(**{**cell, "source": "".join(cell["source"])}) for cell in read)


def code_cells(path: Path) -> list[SimpleNamespace]:
    return [cell for cell in cells(path) if cell.cell_type == "code"]


def prose(path: Path) -> str:
    """What a notebook or a Markdown file says."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n".join(cell.source for cell in cells(path) if cell.cell_type == "markdown")
