"""When a panel measures: while it is in sight and nothing else measures, or because Start was pressed."""

import time
from collections.abc import Callable

from redislab.bench import Experiment, PauseReason, Session

IDLE = 120.0  # s without a touch, until a panel pauses
SILENT = 10.0  # s after which a page that was not heard of is gone; one that is there says so every few seconds
BUSY = 2.0  # s between two looks at that, from which on the kernel was busy, and heard nothing


class Runner(Session):
    """The session of one panel. It begins when the panel comes into sight, pauses when it leaves, and goes on when it is back.

    Args:
        autostart: False waits for `start`.
        on_event: called with the session's samples and states; and with None when a session has come to rest, perhaps another one.
        post: `post(function, *arguments)` calls it on the kernel's loop.
    """

    def __init__(self, experiment: Experiment, autostart: bool, on_event: Callable, post: Callable):
        super().__init__(experiment, on_event, post)
        self._pages: dict[str, float] = {}  # those that show it to a person, and when they were last heard of
        self._looked = self._touched = time.monotonic()
        self._waits = autostart  # for its first time in sight
        self.on_rest.add(self._on_rest)

    def start(self) -> None:
        """
        Raises:
            StartError: there is no Redis to run on.
        """
        self._touched, self._waits = time.monotonic(), False
        self._hear_all()  # while nothing was measured, no page had to say that it was there
        super().start()

    @property
    def visible(self) -> bool:
        """Whether any page shows it to a person."""
        return bool(self._pages)

    def look(self, page: str, visible: bool) -> None:
        """A page shows the panel to a person, and says so now and then, or no longer does."""
        if visible:
            self._pages[page] = time.monotonic()
            return
        self._pages.pop(page, None)
        if not self._pages:
            self.pause(PauseReason.HIDDEN)

    def touch(self) -> None:
        self._touched = time.monotonic()

    def _hear_all(self) -> None:
        self._pages = dict.fromkeys(self._pages, time.monotonic())

    def pause_if_idle(self) -> None:
        """Pause what was not touched for a while, unless it comes to an end by itself, or is shown by no page that is still there."""
        now = time.monotonic()
        busy, self._looked = now - self._looked > BUSY, now
        if busy:  # what the pages said meanwhile is still to be heard
            self._hear_all()
        for page in [page for page, heard in self._pages.items() if now - heard > SILENT]:
            self.look(page, False)
        ends = self.experiment.repeats and not self.done
        if now - self._touched > IDLE and not ends:
            self.pause(PauseReason.IDLE)

    @property
    def paused_out_of_sight(self) -> bool:
        return not self.measuring and self.pause_reason is PauseReason.HIDDEN

    @property
    def may_begin(self) -> bool:
        """Whether it waits for being in sight, is, and nothing else measures."""
        waits = self._waits if self.state == "new" else self.paused_out_of_sight
        return self.visible and waits and not Session.busy()

    def close(self) -> None:
        self.on_rest.discard(self._on_rest)
        super().close()

    def _on_rest(self) -> None:
        self._notify(None)
