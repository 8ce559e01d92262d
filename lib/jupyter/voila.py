"""How `make present` has Voilà serve the notebooks: on our page, cell by cell, and with no kernel that outlives its page."""

import re
from importlib.resources import files
from pathlib import Path

import nbformat

# of a section, by the kind of cell and the heading above it
ROOM = {
    ("markdown", "ticket"),
    ("code", "Predict"),
    ("code", "Measure"),
    ("markdown", "Why"),
    ("markdown", "On Monday"),
}
NOTEBOOK = "@jupyter-notebook/lab-extension"  # Notebook 7 brings it for JupyterLab's pages; on these it fails
LEARNERS = {"Try", "Your turn", "Your own code on this panel", "Quiz", "How you practise", "Your progress"}

c = get_config()  # noqa: F821, Voilà gives it to this file


def course(page_config: dict, *, settings: dict, notebook_path: str, **_) -> dict:
    """Tell the page which notebooks there are, and of each section its minutes and the instructor's note."""
    folder = Path(settings["voila"].root_dir)
    notebooks = [notebook(path) for path in sorted(folder.glob("[0-9]*.ipynb"))]
    page_config["federated_extensions"] = [
        each for each in page_config["federated_extensions"] if each["name"] != NOTEBOOK
    ]
    page_config["redislab"] = {"here": notebook_path, "notebooks": notebooks}
    return page_config


def notebook(path: Path) -> dict:
    """Its file's name, its title, its minutes, its sections, `{"id", "title", "minutes", "ask", "drag", "see"}`, and `left_out`."""
    cells = nbformat.read(path, as_version=4).cells
    sections = [
        {"id": cell.id, "title": heading(cell), **cell.metadata.redislab}
        for cell in cells
        if "redislab" in cell.metadata
    ]
    minutes = sum(section["minutes"] for section in sections)
    return {"name": path.name, "title": heading(cells[0]), "minutes": minutes, "sections": sections} | left_out(cells)


def left_out(cells) -> dict[str, list[str]]:
    """The ids of what a room does not see: `on_c`, until the key c is pressed, and `learners`, at all.

    Of a section with an *On Monday* it sees the ticket, guess and panel, *Why* and *On Monday*.
    """
    found = {"on_c": [], "learners": []}
    for section in sections_of(cells):
        whole, deeper, part = not any(cell.source.startswith("### On Monday") for cell in section), False, "ticket"
        for cell in section:
            if named := re.match("#{3,4} ([^\n]*)", cell.source):
                part = named[1]
                deeper = deeper or part.startswith("Going deeper")
            if part in LEARNERS or cell.id.endswith("-still") or cell.source.startswith(("quiz(", "progress(")):
                found["learners"].append(cell.id)
            elif not whole and (deeper or (cell.cell_type, part) not in ROOM):
                found["on_c"].append(cell.id)
    return found


def sections_of(cells) -> list[list]:
    """The cells from one heading of the second level to the next."""
    parts = [[]]
    for cell in cells:
        if cell.source.startswith("## "):
            parts.append([])
        parts[-1].append(cell)
    return parts


def heading(cell) -> str:
    return cell.source.partition("\n")[0].lstrip("# ")


c.Voila.ip = "127.0.0.1"
c.VoilaConfiguration.template = "redislab"
c.VoilaConfiguration.theme = "light"
c.VoilaConfiguration.strip_sources = False  # the key c shows them
c.VoilaConfiguration.progressive_rendering = True  # the text is there at once, and each panel as soon as it has run
c.VoilaConfiguration.page_config_hook = course
c.VoilaConfiguration.extra_labextensions_path = [
    str(files("plotly") / "package_data")
]  # so that a page finds plotly.js
# a page that is closed ends its kernel; this is for one that could not say so
c.MappingKernelManager.cull_idle_timeout = 120  # s
c.MappingKernelManager.cull_interval = 30  # s
