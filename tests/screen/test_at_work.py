"""The button that takes a load to work."""

import contextlib

from redislab.bench import Experiment, Load, number
from redislab.screen.panel import panel


class Sends(Experiment):
    size = number(10, 1, 1000, label="Size", unit="B", log=True, integer=True)

    def at_work(self):
        return Load({"GET {p}:sample": 1}, ("SETEX {p}:sample 600 {value}",), size=self.size, note="Just so.")


class Sweeps(Experiment):
    def at_work(self):
        return "It follows a cursor."


def test_the_lines_are_shown_while_the_button_is_pressed_and_follow_the_knobs(lab):
    with contextlib.closing(panel(Sends(), autostart=False)) as shown:
        assert shown.work.layout.display == "none"
        shown.toolbar.press("work")
        sentence, text = shown.work.said
        assert sentence == "Just so." and "head -c 10 " in text and f"-p {lab.server.port} " in text
        assert shown.work.layout.display == "" and f" {lab.prefix}:sample" in text
        shown.experiment.size = 500
        assert "head -c 500 " in shown.work.said[1]
        shown.toolbar.press("work")
        assert shown.work.layout.display == "none" and shown.work.said == ["", ""]


def test_what_cannot_be_sent_says_why_and_what_says_nothing_has_no_button():
    with contextlib.closing(panel(Sweeps(), autostart=False)) as shown:
        shown.toolbar.press("work")
        assert shown.work.said == ["It follows a cursor.", ""]
    with contextlib.closing(panel(Experiment(), autostart=False)) as shown:
        assert shown.work is None and "work" not in [button["name"] for button in shown.toolbar.buttons]
