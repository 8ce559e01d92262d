"""What `make present` serves: pages for a room, without code, with a note and a timer, from this machine alone."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.browser.conftest import ENVIRONMENT, NOTEBOOKS, faultless
from tests.browser.jupyterlab import Notebook, PageServer
from tests.conftest import IN_CI, needs, settles
from tests.test_images import ROOT, pictures

VISIBLE_CODE = ":is(.jp-InputArea-editor, .rl-code):visible"


class Voila(PageServer):
    """Voilà by the very command that `make present` runs, on a free port."""

    def __init__(self, home: Path):
        super().__init__(home, **ENVIRONMENT)
        said = subprocess.run(
            ["make", "--dry-run", "present", f"VENV={sys.prefix}", f"LAB_ARGS=--no-browser --port={self.port}"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        command = next(line for line in said.splitlines() if "/voila " in line)
        self.run(f"exec env {command}", shell=True, cwd=ROOT)

    def status(self, path: str) -> int | None:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            return None


class Page(Notebook):
    """A page of it; collects console errors, and requests that leave this machine."""

    def open(self, dark: bool = False) -> None:
        self.page.goto(f"{self.lab.url}/voila/{self.name}")

    def close(self) -> None:
        self.page.close()

    def kernel(self) -> str:
        return json.loads(self.page.locator("#jupyter-config-data").text_content())["kernelId"]


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    needs("browser")
    if find_spec("voila") is None:
        (pytest.fail if IN_CI else pytest.skip)("Voilà is not installed: pip install --editable '.[present]'")
    with contextlib.closing(Voila(tmp_path_factory.mktemp("voila"))) as server:
        assert not settles(lambda: server.status("/") != 200, 30), server.said()
        yield server


@pytest.fixture
def open_page(voila, context):
    with faultless("present-{}") as opened:
        yield lambda name: opened(Page(context, voila, name, width=1920, height=1080))


def size_of(locator) -> float:
    """px, as it is seen: what the page is enlarged by counts."""
    return locator.evaluate("(el) => parseFloat(getComputedStyle(el).fontSize) * (el.currentCSSZoom ?? 1)")


def place(page, selector: str) -> float:
    return page.locator(selector).first.evaluate("(el) => el.getBoundingClientRect().top")


def test_an_instructor_presents_a_section_with_keys_sliders_and_scenarios_alone(open_page):
    opened = open_page("render/01_caching_patterns.ipynb")
    page, panel = opened.page, opened.page.locator(".rl-panel").first
    # The text is there before any cell has run, with its drawings and what MathJax has made of it, in large type
    page.get_by_role("heading", name="1.1 Cache-aside").wait_for()
    assert size_of(page.locator(".jp-MarkdownOutput p").nth(1)) >= 20
    opened.shows(alt for alt, _ in pictures(NOTEBOOKS / Path(opened.name).name))
    page.locator("mjx-container").first.wait_for(state="attached")
    # If the remote turns pages, expect each to begin with a heading or a panel, and to pass over nothing
    page.keyboard.press("PageDown")
    assert 0 < place(page, "h2") < 200
    panel.wait_for()
    for _ in range(30):
        if 0 < place(page, ".rl-panel") < 200:
            break
        page.keyboard.press("PageDown")
    assert 0 < place(page, ".rl-panel") < 200
    moves(opened)
    assert size_of(panel.locator(".rl-name").first) >= 18
    assert page.evaluate("document.querySelector('.js-plotly-plot').layout.font.size") >= 18
    # If a scenario is chosen, and then a slider dragged, expect both to be heard
    panel.get_by_role("button", name="A flash sale").click()
    panel.locator(".rl-figure", has_text="1,500/s").wait_for()
    handle = panel.locator(".rl-knob", has_text="TTL").first.locator("input[type=range]")
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.up()
    assert panel.locator(".rl-figure").first.inner_text() not in ("2 s", "10 s")
    moves(opened)
    # and the note and the minutes are a key away, wherever the focus is
    page.keyboard.press("n")
    page.locator(".present-note dd").nth(2).wait_for()
    page.keyboard.press("t")
    page.locator(".present-timer.running", has_text="2:58").wait_for()
    page.keyboard.press("t")
    assert page.locator(".present-timer.running").count() == 0
    page.keyboard.press("Shift+ArrowRight")
    page.locator(".present-sections summary", has_text="1.1 Stampede").wait_for()
    assert page.locator(VISIBLE_CODE).count() == 0


def lies(page, selector: str, low: float, high: float) -> None:
    """Wait until the first of these begins between two heights, px."""
    top = "document.querySelector(selector).getBoundingClientRect().top"
    page.wait_for_function(
        f"([selector, low, high]) => low <= {top} && {top} <= high", arg=[selector, low, high], timeout=20_000
    )


def parts(page) -> set[str]:
    """The headings within sections that are on the page."""
    return set(page.locator(".jp-MarkdownOutput h3:visible").all_inner_texts())


def test_a_room_sees_ticket_panel_why_and_monday_and_the_code_on_a_key(open_page):
    page = open_page("render/01_caching_patterns.ipynb").page
    panel = page.locator(".rl-panel").first
    panel.wait_for()
    assert parts(page) == {"Why", "On Monday"}
    page.locator("p:visible", has_text="Product and profile pages keep").wait_for()
    assert panel.locator(".rl-knob:visible").count() == 3
    # If the charts are at the top, expect the knobs below the head, beside them
    panel.locator(".rl-drawing").first.scroll_into_view_if_needed()
    panel.locator(".js-plotly-plot").nth(1).wait_for()
    panel.locator(".rl-drawing").first.evaluate("(el) => el.scrollIntoView({ block: 'start' })")
    head = page.locator(".present-head").bounding_box()["height"]
    lies(page, ".rl-panel .rl-knob", head, head + 100)
    # If c is pressed, expect the code with what belongs to it, nothing of the learners', and the panel where it was
    at = place(page, ".rl-panel")
    page.keyboard.press("c")
    page.locator(VISIBLE_CODE, has_text="def cached_user").wait_for()
    shown = parts(page)
    assert shown > {"The simple version", "The better version", "Why"} and not shown & {"Try", "Your turn", "Quiz"}
    lies(page, ".rl-panel", at - 5, at + 5)
    page.keyboard.press("c")
    page.wait_for_function("() => !document.querySelector('.present-code')")
    assert parts(page) == {"Why", "On Monday"} and page.locator(VISIBLE_CODE).count() == 0


def test_a_race_is_shown_in_large_type_and_broken_by_keys_alone(open_page):
    page = open_page("render/04_performance_tuning.ipynb").page
    board = page.locator(".rl-race").first
    page.keyboard.press("c")
    board.locator("tbody tr").first.wait_for()
    assert min(size_of(board.locator(part).first) for part in ("td", "th", ".rl-button", ".rl-race-verdict")) >= 18
    board.get_by_role("button", name="Try all").focus()
    rows = board.locator("tbody tr")
    for key in "112332":
        before = rows.count()
        page.keyboard.press(key)
        page.wait_for_function(
            "count => { const board = document.querySelector('.rl-race'); return board.querySelectorAll('tbody tr').length > count"
            " || board.querySelector('.rl-race-verdict').textContent.startsWith('✗'); }",
            arg=before,
        )
    board.locator(".rl-race-verdict.rl-race-broken").wait_for()
    page.keyboard.press("Enter")
    board.locator(".rl-race-summary", has_text="lose an update").wait_for()


def moves(opened: Page) -> None:
    """What is drawn changes."""
    before, deadline = opened.plots(".rl-panel"), time.monotonic() + 20
    while opened.plots(".rl-panel") == before:
        assert time.monotonic() < deadline, "nothing else is drawn"
        opened.page.wait_for_timeout(100)


def test_pages_lead_to_each_other_and_one_that_is_left_ends_its_kernel(voila, open_page):
    opened = open_page("tree")
    page = opened.page
    assert page.locator("main li").count() >= 6
    page.locator("main li", has_text="4 · Performance tuning").locator("span", has_text="10 min").wait_for()
    page.get_by_role("link", name="4 · Performance tuning").click()
    page.locator(".rl-card").wait_for()
    kernel = opened.kernel()
    assert voila.status(f"/api/kernels/{kernel}") == 200
    page.locator(".present-head nav a").last.click()
    page.get_by_role("heading", name="5 · Anti-patterns").wait_for()
    assert not settles(lambda: voila.status(f"/api/kernels/{kernel}") == 200, 30)
