"""An application in a process of its own, which can be killed with SIGKILL, as real ones are."""

from collections.abc import Callable

from redislab.errors import ExperimentError
from redislab.world.child import Child


class Application(Child):
    """What `factory()` makes, alive in another process; any number of threads may call its methods at the same time.

        application = Application(functools.partial(Shop, lab.address))
        version = application.call("put", 42, record)
        application.kill()
        application.restart()      # calls the factory again

    A call costs a trip over loopback, about 0.1 ms, as between a client and its application. Arguments and results are
    pickled, and what the method raises is raised here. `kill` is SIGKILL: what it held in memory is gone, and so it is
    when its owner ends.

    Raises:
        ExperimentError: the factory failed.
    """

    def __init__(self, factory: Callable):
        super().__init__(factory, "application")
        self._begin()

    def restart(self, factory: Callable | None = None) -> None:
        """Kill it if it runs, and start it again, with the same factory or another one."""
        self.close()
        self.factory = factory or self.factory
        self._spawn()
        self._begin()

    def close(self) -> None:
        """End it, as `kill` does, and let go of it."""
        self.kill()
        super().close()

    def _begin(self) -> None:
        try:
            self.ready()
        except Exception as failure:
            name = type(failure).__name__
            raise ExperimentError(f"The application did not start ({name}: {failure}).") from failure
