"""The README's picture: a panel of notebook 01, as it is measured on this machine while the picture is taken. `make picture`."""

import sys
from pathlib import Path

from tests.browser.on_page import OnPage
from tests.budgets.page import pages

PICTURE = Path(__file__).parents[2] / "notebooks" / "images" / "panel.png"
MOST = 200_000  # bytes
GUESS = "guess = predict('Hit ratio with a TTL of two seconds', 0, 100, unit='%', key='hits', at={'ttl': 2.0})\nguess.keep(45)"
SHOWN = "shown = panel(labs.TtlLab(), guess=guess)\nshown"
TURNS = ((12.0, 12.0), (14.0, 2.0))  # s to wait, and then the TTL, s
SCALE = 1.4  # pixels a pixel: sharp on a page of 800 px, and still a small file


def main() -> int:
    with pages() as open_:
        notebook = open_(f"from redislab import labs, panel, predict\n{GUESS}", SHOWN, scale=SCALE)
        notebook.command("application:toggle-left-area")
        notebook.run_cell(1)
        panel = OnPage(notebook, 0)
        panel.start()
        for seconds, ttl in (*TURNS, (18.0, None)):
            began = panel.ask("panel.recording.last['t']")
            panel.until(f"panel.recording.last['t'] > {began} + {seconds}", 60)
            if ttl:
                panel.ask(f"panel.experiment.set_knobs({{'ttl': {ttl}}})")
        PICTURE.parent.mkdir(exist_ok=True)
        panel.here.screenshot(path=PICTURE, animations="disabled")
        notebook.close()
    size = PICTURE.stat().st_size
    print(f"{PICTURE}: {size:,} bytes")
    return int(size > MOST)


if __name__ == "__main__":
    sys.exit(main())
