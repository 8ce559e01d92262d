"""When a panel measures: while it is in sight and nothing else measures, or because Start was pressed."""

import time
from collections.abc import Callable

from redislab.bench import Experiment, PauseReason, Session, open_session

IDLE = 120.0  # s without a touch, until a panel pauses


class Runner:
    """The session of one panel. It begins when the panel comes into sight, pauses when it leaves, and goes on when it is back.

    Args:
        autostart: False waits for `start`.
        on_event: called with the session's samples and states, and with what a failed start says.
        post: `post(function, *arguments)` calls it on the kernel's loop.
    """

    def __init__(self, experiment: Experiment, autostart: bool, on_event: Callable, post: Callable):
        self.experiment, self.session, self.visible = experiment, None, False
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
            self.session = open_session(self.experiment, self._on_event, lambda tell, event: self._post(tell, event))
        return self.session

    def start(self) -> None:
        """
        Raises:
            StartError: there is no Redis to run on.
        """
        self._touched, self._waits = time.monotonic(), False
        self.open().start()

    def pause(self, reason: PauseReason = PauseReason.PRESSED) -> None:
        if self.session is not None:
            self.session.pause(reason)

    def look(self, visible: bool) -> None:
        """The panel came into sight, or left it."""
        self.touch()
        self.visible = visible
        if not visible:
            self.pause(PauseReason.HIDDEN)

    def touch(self) -> None:
        self._touched = time.monotonic()

    def pause_if_idle(self) -> None:
        if time.monotonic() - self._touched > IDLE:
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
