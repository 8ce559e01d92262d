"""One panel of an opened notebook, as a person and as the kernel see it."""

import re
import time

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

    def unfold(self) -> None:
        """Have all its knobs and charts in sight."""
        more = self.here.locator(".rl-more[aria-expanded=false]")
        if more.count():
            more.click()
        count = self.ask("len(panel.experiment.charts)")
        self.here.locator(".rl-plot").nth(count - 1).wait_for()

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
