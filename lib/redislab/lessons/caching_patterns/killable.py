"""Labs whose application is killed with SIGKILL and started again."""

import contextlib
import threading
from collections.abc import Callable

from redislab.bench import Experiment
from redislab.bench.application import Application
from redislab.world.waiting import eventually

RECOVERY = 6.0  # s that a restarted application has to save what was left, before what is missing is counted


class Killable(Experiment):
    """Runs an application in a process of its own, which has the methods `state() -> dict` and `queued() -> int`.

    Attributes:
        away: whether the application is dead, or has not recovered yet.
        state: what the application said of itself last.
    """

    application = None
    away = False

    def setup(self, lab):
        super().setup(lab)
        self.restarts = threading.RLock()

    @contextlib.contextmanager
    def out_of_service(self):
        """Kill the application, and let no one else kill or start it until the block has ended, with one that runs."""
        with self.restarts:
            self.away = True
            if self.application:
                self.application.kill()
            yield
            self.away = False

    def launch(self, factory: Callable) -> None:
        if self.application:
            self.application.restart(factory)
        else:
            self.application = self.owned(Application(factory))
        self.state = self.application.call("state")

    def let_it_recover(self) -> None:
        """Wait until nothing is queued, for RECOVERY seconds at most."""
        eventually(lambda: not self.application.call("queued"), RECOVERY)

    def tell(self, *call) -> None:
        """Call the application; if it is not running, the next one is told when it starts."""
        with contextlib.suppress(ConnectionError):
            self.application.call(*call)

    def ask(self) -> bool:
        """Read `state`; False while that is not possible."""
        if self.away:
            return False  # a call would wait until the application is back
        with contextlib.suppress(Exception):  # the application may just be killed, or its Redis
            self.state = self.application.call("state")
            return True
        return False
