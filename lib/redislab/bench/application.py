"""An application in a process of its own, which can be killed with SIGKILL, as real ones are."""

from collections.abc import Callable

from redislab.errors import ExperimentError
from redislab.world.child import Child


class Application:
    """What `factory()` makes, alive in another process; any number of threads may call its methods at the same time.

        application = Application(functools.partial(Shop, lab.address))
        version = application.call("put", 42, record)
        application.kill()
        application.restart()      # calls the factory again

    A call costs a trip over loopback, about 0.1 ms, as between a client and its application. Arguments and results are
    pickled, and what the method raises is raised here. The application ends with its owner, as if it were killed.

    Raises:
        ExperimentError: the factory failed.
    """

    def __init__(self, factory: Callable):
        self.factory, self._child = factory, None
        self.restart()

    @property
    def alive(self) -> bool:
        return self._child.alive

    @property
    def pid(self) -> int:
        return self._child.process.pid

    def call(self, name: str, *arguments):
        """Call the method `name` in the application.

        Raises:
            ConnectionError: it is not running, or was killed meanwhile.
        """
        return self._child.call(name, *arguments)

    def kill(self) -> None:
        """SIGKILL. What it held in memory is gone."""
        self._child.kill()

    def restart(self, factory: Callable | None = None) -> None:
        """Kill it if it runs, and start it again, with the same factory or another one."""
        self.close()
        self.factory = factory or self.factory
        self._child = Child(self.factory, "application")
        try:
            self._child.ready()
        except Exception as failure:
            name = type(failure).__name__
            raise ExperimentError(f"The application did not start ({name}: {failure}).") from failure

    def close(self) -> None:
        """End it, as `kill` does, and let go of it."""
        if self._child is not None:
            self.kill()
            self._child.close()
