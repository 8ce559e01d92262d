"""Every notebook, in a real JupyterLab: each panel appears, and each of its controls changes what is measured and drawn."""

import re
import time

import pytest

from tests.browser.conftest import NOTEBOOKS

PANELS = "[each for each in __import__('redislab.screen.block', fromlist=['x']).Block._shown.values() if hasattr(each, 'runner')]"
PANEL = PANELS + "[{}]"
HEIGHTS = (
    "(el) => { const head = el.querySelector('.rl-head'); el.heights = new Set();"
    " new ResizeObserver(() => el.heights.add(head.offsetHeight)).observe(head) }"
)
DRAWN = (  # what is new stands at a line's end
    "(el) => JSON.stringify([...el.querySelectorAll('.js-plotly-plot')].map((plot) =>"
    " plot.data.map(({ x, y }) => [x?.length, x?.slice(-40), y?.slice(-40)])))"
)
BREATH = 100  # ms between two looks: each takes a tenth of a processor that a measurement could have
ARRIVES = 5.0  # s in which a press has come to a busy kernel, too: another one would be for Pause


class OnPage:
    """One panel of an opened notebook, as a person and as the kernel see it."""

    def __init__(self, notebook, index: int):
        self.notebook, self.page = notebook, notebook.page
        self.here = self.page.locator(".rl-panel").nth(index)
        self.kernel = PANEL.format(index)
        self.look()

    def look(self) -> None:
        """Have it in sight, without which it pauses: what is above it may have grown meanwhile."""
        self.here.scroll_into_view_if_needed()

    def ask(self, what: str):
        return self.notebook.ask(f"(lambda panel: {what})({self.kernel})")

    def until(self, what: str, timeout: float = 60.0):
        began = looked = time.monotonic()
        while not (answer := self.ask(what)):
            now = time.monotonic()
            assert now < began + timeout, f"still not: {what}; {self.ask('panel.told.status.html')}"
            if now > looked + 1:
                self.look()
                looked = now
            self.page.wait_for_timeout(BREATH)
        return answer

    def drawn(self) -> str:
        """What the charts show, as far as it can be new."""
        return self.here.evaluate(f"({DRAWN})")

    def goes_on(self, before: str | None = None) -> None:
        """Something else is drawn than `before`, or than now; a sweep that is done will draw no more by itself."""
        now, deadline = before or self.drawn(), time.monotonic() + 60
        while self.drawn() == now:
            if before is None and self.ask("panel.experiment.done(panel.recording.last)"):
                return
            self.look()
            assert time.monotonic() < deadline, f"nothing else is drawn: {self.ask('panel.told.status.html')}"
            self.page.wait_for_timeout(BREATH)

    def colours(self) -> set:
        """Of all lines and bars."""
        return set(
            self.here.evaluate(
                "(el) => [...el.querySelectorAll('.js-plotly-plot')].flatMap((plot) =>"
                " plot.data.filter((trace) => trace.type !== 'treemap' && (trace.type !== 'bar' || trace.y?.length))"
                ".flatMap((trace) => (trace.type === 'bar' ? trace.marker : trace.line).color))"
            )
        )

    def palette(self) -> set:
        """The colours that the sheet has for them."""
        names = [*range(1, 6), "ink", "quiet", "added", "alarm"]
        return set(
            self.here.locator(".rl-board").evaluate(
                "(el, names) => names.map((name) => getComputedStyle(el).getPropertyValue(`--rl-${name}`).trim())",
                names,
            )
        )

    def button(self, label: str):
        return self.here.locator("button.rl-button", has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))

    def start(self) -> None:
        """Have it running: by itself, being in sight, or else by its button, unless that is about to become Pause."""
        running, began = "panel.runner.state == 'running'", time.monotonic()
        press = began + (
            0 if self.ask("panel.runner.pause_reason is None") else 1
        )  # what is beside it may just be leaving
        while not self.ask(running):
            now = time.monotonic()
            assert now < began + 60, f"it does not start: {self.ask('panel.told.status.html')}"
            self.look()
            if now >= press and not self.ask("panel.runner.measuring or panel.runner.may_begin"):
                self.here.locator(".rl-go").click()
                press = now + ARRIVES
            self.page.wait_for_timeout(BREATH)
        self.goes_on()


def turn(control) -> None:
    """Move a control as a person at the keyboard does."""
    if (handle := control.locator(".noUi-handle")).count():
        handle.focus()
        at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
        handle.press("ArrowLeft" if at_end else "ArrowRight")
    elif (menu := control.locator("select")).count():
        other = (menu.evaluate("(el) => el.selectedIndex") + 1) % menu.locator("option").count()
        menu.select_option(index=other)
    elif (box := control.locator("input[type=text]")).count():
        box.fill(f"{box.input_value()}:7")
    elif (questions := control.locator("fieldset")).count():
        first = questions.first.locator("input")
        first.nth(int(first.nth(0).is_checked())).check()
        if questions.count() > 1:
            questions.nth(1).locator("input").first.check()
    else:
        control.locator("input").click()


def every_knob(panel: OnPage) -> None:
    controls = panel.here.locator(".rl-knob")
    names = panel.ask("list(panel.experiment.knobs())")
    assert controls.count() == len(names)
    for index, name in enumerate(names):
        before, drawn = panel.ask(f"panel.recording.last[{name!r}]"), panel.drawn()
        turn(controls.nth(index))
        panel.until(f"panel.recording.last[{name!r}] != {before!r}")
        panel.goes_on(drawn)


def every_preset(panel: OnPage) -> None:
    for label, knobs in panel.ask("panel.experiment.presets").items():
        drawn = panel.drawn()
        panel.button(label).click()
        panel.until(f"{knobs!r}.items() <= panel.recording.last.items()")
        panel.goes_on(drawn)


def every_action(panel: OnPage) -> None:
    for label in panel.ask("list(panel.experiment.actions().values())"):
        drawn = panel.drawn()
        panel.button(label).click()
        panel.goes_on(drawn)
    assert panel.ask("panel.runner.state") == "running"


def main_button(panel: OnPage) -> None:
    """What measures rests when it is pressed, and goes on; a sweep that is done by then is measured again."""
    count = panel.ask("len(panel.recording.samples)")
    panel.here.locator(".rl-go").click()
    again = f"panel.runner.session.done and len(panel.recording.samples) > {count}"
    panel.until(f"panel.runner.state == 'paused' or ({again})")
    if panel.ask("panel.runner.state") == "paused":
        panel.start()


def every_button(panel: OnPage) -> None:
    panel.button("Table").click()
    panel.here.locator(".rl-table td").first.wait_for()
    panel.until("len(panel.recording.samples) > 0")  # an action may have begun anew
    with panel.page.expect_download() as download:
        panel.button("CSV").click()
    header = download.value.path().read_text().splitlines()[0]
    assert header.startswith("t,") and all(name in header for name in panel.ask("list(panel.experiment.knobs())"))
    before = panel.ask("panel.recording.last['t']")
    panel.button("Reset").click()
    panel.until(f"0 < panel.recording.last.get('t', 0) < {before!r}")
    panel.goes_on()
    main_button(panel)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_panel_appears_and_every_control_does_something(open_notebook, path):
    notebook = open_notebook(path.name, height=1300)  # as high as a panel: what is out of sight is not painted
    notebook.run_all()
    count = notebook.ask(f"len({PANELS})")
    notebook.page.wait_for_function("(count) => document.querySelectorAll('.rl-panel').length === count", arg=count)
    for index in range(count):
        panel = OnPage(notebook, index)
        assert panel.ask("panel.told._asked(panel.experiment.settings())"), "it opens elsewhere than its guess is about"
        panel.here.evaluate(HEIGHTS)
        panel.start()
        panel.here.locator(".rl-sentence", has_text=".").wait_for()
        assert panel.colours() <= panel.palette()
        notebook.shoot(f"{path.stem}-{index}")
        for check in (every_knob, every_preset, every_action, every_button):
            check(panel)
        assert panel.here.evaluate("(el) => el.heights.size") == 1, "its buttons move when its head says something else"
    assert notebook.cell_errors() == []
