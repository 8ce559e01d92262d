"""The README's picture, and a still of each panel of the core: as they are measured on this machine meanwhile. `make picture`.

A still goes into its notebook, folded, below the cell of its panel; what the panel said at that moment is its text.
"""

import base64
import re
import sys
from pathlib import Path

import nbformat

from tests.browser.on_page import OnPage
from tests.budgets.page import pages
from tests.minutes import panels
from tests.test_images import FOLDER, STILL
from tests.test_minutes import NOTEBOOKS

PICTURE = FOLDER / "panel.png"
MOST = 200_000  # bytes
GUESS = "guess = predict('Hit ratio with a TTL of two seconds', 0, 100, unit='%', key='hits', at={'ttl': 2.0})\nguess.keep(45)"
SHOWN = "shown = panel(labs.TtlLab(), guess=guess)\nshown"
TURNS = ((12.0, 12.0), (14.0, 2.0))  # s to wait, and then the TTL, s
SCALE = 1.4  # pixels a pixel: sharp on a page of 800 px, and still a small file
AT_WORK = 10.0  # s until a still
WIDTH, SHARP, QUALITIES, SMALL = (
    1024,
    1.1,
    (0.8, 0.6, 0.4),
    45_000,
)  # px of a still's page; pixels a pixel; of WebP; bytes
# what has to be pressed for a panel to have something to show
PRESSED = {
    "WriteBehindLab": "kill", "CountersLab": "try_all", "LargeValuesLab": "try_all", "SessionsLab": "press", "ScanLab": "delete_each"
}  # fmt: skip
# in the page: a PNG as WebP, which Chromium writes
AS_WEBP = """async ([png, quality]) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const made = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality })).arrayBuffer());
  return btoa(Array.from(made, (byte) => String.fromCharCode(byte)).join(""));
}"""


def picture(open_) -> None:
    notebook = open_(f"from redislab import labs, panel, predict\n{GUESS}", SHOWN, scale=SCALE)
    panel = begun(notebook)
    for seconds, ttl in (*TURNS, (18.0, None)):
        works(panel, seconds)
        if ttl:
            panel.ask(f"panel.experiment.set_knobs({{'ttl': {ttl}}})")
    panel.here.screenshot(path=PICTURE, animations="disabled")
    notebook.close()


def begun(notebook) -> OnPage:
    notebook.command("application:toggle-left-area")
    notebook.run_cell(1)
    panel = OnPage(notebook, 0)
    panel.start()
    return panel


def works(panel: OnPage, seconds: float) -> None:
    """Wait until it has measured for so long, or until a sweep is done."""
    began = panel.ask("panel.recording.last['t']")
    over = f"panel.recording.last.get('t', 0) > {began} + {seconds} and panel.recording.last.get('progress', 1) == 1"
    panel.until(f"panel.experiment.done(panel.recording.last) or ({over})", 120)


def still(open_, path: Path, cell, guess: str) -> None:
    """Take one, and put it into the notebook, in the place of an older one."""
    lab = re.search(r"labs\.(\w+)", cell.source)[1]
    notebook = open_(
        f"from redislab import labs, panel, predict\n{guess}",
        cell.source,
        scale=SHARP,
        width=WIDTH,
    )
    panel = begun(notebook)
    works(panel, AT_WORK / 2)
    if action := PRESSED.get(lab):
        panel.ask(f"panel.runner.act({action!r})")
    works(panel, AT_WORK)
    said = panel.here.locator(".rl-sentence").inner_text()
    file = FOLDER / f"panel-{path.name[:2]}-{cell.id.removesuffix('-panel')}.webp"
    png = base64.b64encode(panel.here.screenshot(animations="disabled")).decode()
    for quality in QUALITIES:
        file.write_bytes(base64.b64decode(notebook.page.evaluate(AS_WEBP, [png, quality])))
        if file.stat().st_size < SMALL:
            break
    title = panel.ask("panel.experiment.title")
    notebook.close()
    put(path, cell.id, STILL.format(alt=f"The panel “{title}” at work. {said}".replace("\n", " "), file=file.name))
    print(f"{file.name}: {file.stat().st_size:,} bytes", flush=True)


def put(path: Path, panel: str, text: str) -> None:
    """Have this text in a cell below that of the panel."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.id != f"{panel}-still"]
    place = next(index for index, cell in enumerate(cells) if cell.id == panel)
    cells.insert(place + 1, nbformat.v4.new_markdown_cell(text, id=f"{panel}-still"))
    notebook.cells = cells
    nbformat.write(notebook, path)


def main(*wanted: str) -> int:
    """`wanted` are beginnings of stills' names, such as "01-aside", or "panel", the README's picture; without any, all are taken."""
    with pages() as open_:
        if "panel".startswith(wanted or ("",)):
            picture(open_)
        for path in NOTEBOOKS:
            cells = nbformat.read(path, as_version=4).cells
            guesses = {cell.source.partition(" = ")[0]: cell.source for cell in cells if " = predict(" in cell.source}
            for cell in panels(cells):
                if f"{path.name[:2]}-{cell.id}".startswith(wanted or ("",)):
                    name = re.search(r"guess=(\w+)", cell.source)[1]
                    still(open_, path, cell, guesses[name])
    return int(PICTURE.stat().st_size > MOST)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
