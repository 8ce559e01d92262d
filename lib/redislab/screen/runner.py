"""When a panel measures: while it is in sight and nothing else measures, or because Start was pressed."""

import time
from collections.abc import Callable

from redislab.bench import Bench, Experiment, PauseReason, Session

IDLE = 120.0  # s without a touch, until a panel pauses
SILENT = 10.0  # s after which a page that was not heard of is gone; one that is there says so every few seconds
BUSY = 2.0  # s between two looks at that, from which on the kernel was busy, and heard nothing


class Runner:
    """The session of one panel. It begins when the panel comes into sight, pauses when it leaves, and goes on when it is back.

    Args:
        autostart: False waits for `start`.
        on_event: called with the session's samples and states, and with what a failed start says.
        post: `post(function, *arguments)` calls it on the kernel's loop.
    """

    def __init__(self, experiment: Experiment, autostart: bool, on_event: Callable, post: Callable):
        self.experiment, self.session = experiment, None
        self._pages: dict[str, float] = {}  # those that show it to a person, and when they were last heard of
        self._looked = time.monotonic()
        self._waits = autostart  # for its first time in sight
        self._on_event, self._post = on_event, post
        self._touched = time.monotonic()
        Session.on_rest.add(self._on_rest)

    @property
    def state(self) -> str:
        return self.session.state if self.session else "new"

    @property
    def measuring(self) -> bool:
        return bool(self.session) and self.session.measuring

    @property
    def recording(self):
        return self.session and self.session.recording

    @property
    def pause_reason(self) -> PauseReason | None:
        return self.session and self.session.pause_reason

    def open(self) -> Session:
        """The session, which lets the bench warm up."""
        if self.session is None:
            Bench.shared()
            self.session = Session(self.experiment, self._on_event, self._post)
        return self.session

    def start(self) -> None:
        """
        Raises:
            StartError: there is no Redis to run on.
        """
        self._touched, self._waits = time.monotonic(), False
        self._hear_all()  # while nothing was measured, no page had to say that it was there
        self.open().start()

    def pause(self, reason: PauseReason = PauseReason.PRESSED) -> None:
        if self.session is not None:
            self.session.pause(reason)

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
        """Pause what was not touched for a while, or is shown by no page that is still there."""
        now = time.monotonic()
        busy, self._looked = now - self._looked > BUSY, now
        if busy:  # what the pages said meanwhile is still to be heard
            self._hear_all()
        for page in [page for page, heard in self._pages.items() if now - heard > SILENT]:
            self.look(page, False)
        if now - self._touched > IDLE:
            self.pause(PauseReason.IDLE)

    @property
    def paused_out_of_sight(self) -> bool:
        return not self.measuring and self.pause_reason is PauseReason.HIDDEN

    @property
    def may_begin(self) -> bool:
        """Whether it waits for being in sight, is, and nothing else measures."""
        waits = self._waits if self.session is None or self.state == "new" else self.paused_out_of_sight
        return self.visible and waits and not Session.busy()

    def close(self) -> None:
        Session.on_rest.discard(self._on_rest)
        if self.session is not None:
            self.session.close()

    def _on_rest(self) -> None:
        self._post(self._on_event, None)
