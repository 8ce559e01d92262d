"""Draws the notebooks' diagrams for `make present`. JupyterLab brings mermaid, Voilà asks a CDN for it; so they are drawn there, and kept:

python -m tests.browser.diagrams    # when a diagram is new, or has changed
"""

import re
import shutil
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "lib/jupyter/voila/templates/redislab/static/diagrams"
LOOK = {
    "startOnLoad": False,
    "theme": "base",
    # of the same widths wherever it is shown, for the boxes are drawn around the words here
    "fontFamily": "Arial, 'Liberation Sans', Helvetica, sans-serif",
    "fontSize": 20,
    "sequence": {"width": 170},
    "themeVariables": {
        "fontSize": "20px",
        "primaryColor": "#eaf3f9",
        "primaryBorderColor": "#0072b2",
        "primaryTextColor": "#1f2328",
        "lineColor": "#57606a",
        "noteBkgColor": "#fffbe8",
        "noteBorderColor": "#d9a400",
        "edgeLabelBackground": "#ffffff",
    },
}
DRAW = """
async ([text, look, number]) => {
  const name = "@jupyterlab/mermaid-extension:core";
  await jupyterapp.activatePlugin(name);
  const mermaid = await jupyterapp.pluginRegistry._plugins.get(name).service.getMermaid();
  mermaid.initialize(look);
  const { svg } = await mermaid.render(`diagram-${number}`, text);
  const drawn = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
  const { width, height } = drawn.viewBox.baseVal;
  drawn.setAttribute("width", Math.ceil(width));
  drawn.setAttribute("height", Math.ceil(height));
  drawn.append(Object.assign(document.createElementNS(drawn.namespaceURI, "metadata"), { textContent: text }));
  return new XMLSerializer().serializeToString(drawn);
}
"""


def diagrams() -> dict[Path, str]:
    """The text of each diagram, by the file in which it is drawn: the notebook's number and the cell's name."""
    found = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for text in re.findall(r"^```mermaid\n(.*?)^```", cell.source, re.S | re.M):
                name = FOLDER / f"{path.name[:2]}-{cell.id}.svg"
                assert name not in found, f"{cell.id} has two diagrams: give each a cell of its own"
                found[name] = text
    return found


def drawn(path: Path) -> str | None:
    """The text that a file was drawn from; None if there is no such file."""
    return ElementTree.parse(path).getroot()[-1].text if path.exists() else None


def main() -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.jupyterlab import FLAGS, JupyterLab, Notebook, chromium

    FOLDER.mkdir(exist_ok=True)
    for stale in set(FOLDER.glob("*.svg")) - set(diagrams()):
        stale.unlink()
    home = Path(tempfile.mkdtemp())
    server = JupyterLab(Path(shutil.copytree(ROOT / "notebooks", home / "notebooks")), home)
    try:
        server.wait()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            notebook = Notebook(browser.new_context(), server, "00_start_here.ipynb")
            for number, (path, text) in enumerate(diagrams().items()):
                path.write_text(notebook.page.evaluate(DRAW, [text, LOOK, number]) + "\n", encoding="utf-8")
                print(path.name, path.stat().st_size)
            notebook.close()
            browser.close()
    finally:
        server.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
