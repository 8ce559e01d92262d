"""How `make present` has Voilà serve the notebooks: on our page, cell by cell, and with no kernel that outlives its page."""

from importlib.resources import files
from pathlib import Path

import nbformat

c = get_config()  # noqa: F821, Voilà gives it to this file


def course(page_config: dict, *, settings: dict, notebook_path: str, **_) -> dict:
    """Tell the page which notebooks there are, and of each section its minutes and the instructor's note."""
    folder = Path(settings["voila"].root_dir)
    notebooks = [notebook(path) for path in sorted(folder.glob("[0-9]*.ipynb"))]
    page_config["redislab"] = {"here": notebook_path, "notebooks": notebooks}
    return page_config


def notebook(path: Path) -> dict:
    """Its file's name, its title, its minutes, and its sections: `{"id", "title", "minutes", "ask", "drag", "see"}`."""
    cells = nbformat.read(path, as_version=4).cells
    sections = [
        {"id": cell.id, "title": heading(cell), **cell.metadata.redislab}
        for cell in cells
        if "redislab" in cell.metadata
    ]
    minutes = sum(section["minutes"] for section in sections)
    return {"name": path.name, "title": heading(cells[0]), "minutes": minutes, "sections": sections}


def heading(cell) -> str:
    return cell.source.partition("\n")[0].lstrip("# ")


c.Voila.ip = "127.0.0.1"
c.VoilaConfiguration.template = "redislab"
c.VoilaConfiguration.theme = "light"
c.VoilaConfiguration.strip_sources = True
c.VoilaConfiguration.progressive_rendering = True  # the text is there at once, and each panel as soon as it has run
c.VoilaConfiguration.page_config_hook = course
c.VoilaConfiguration.extra_labextensions_path = [
    str(files("plotly") / "package_data")
]  # so that a page finds plotly.js
# a page that is closed ends its kernel; this is for one that could not say so
c.MappingKernelManager.cull_idle_timeout = 120  # s
c.MappingKernelManager.cull_interval = 30  # s
