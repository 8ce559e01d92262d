"""Takes care that a folder, a server and containers do not outlive their owner, however that ends."""

import ctypes
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from redislab.errors import StartError
from redislab.world.child import Child, ChildEndedError

PATIENCE = 15.0  # s; removing a container takes a while
PR_SET_PDEATHSIG = 1
REMOVE = """
import docker, sys
for container in docker.from_env(timeout=10).containers.list(all=True, filters={"label": sys.argv[1]}):
    container.remove(force=True, v=True)
"""


class SupervisedResource(Child):
    """A temporary folder, perhaps a server in it, perhaps containers with `label`: gone when this process is gone.

    Raises:
        StartError: no temporary folder can be written.
    """

    def __init__(self, label: str | None = None):
        super().__init__(functools.partial(Supervisor, label), f"supervisor {label or ''}".strip())
        try:
            self.folder = Path(self.call("folder"))
        except OSError:
            raise StartError("No temporary folder can be written. Set TMPDIR to a folder that can be.") from None

    def start(self, *command: str) -> int:
        """Start the server, in the folder; its process id.

        Raises:
            StartError: it could not be started.
        """
        try:
            return self.call("start", *command)
        except OSError as failure:
            raise StartError(f"The server did not start: {failure}.") from None

    def signal(self, number: int) -> None:
        """Send the server a signal; SIGKILL returns when it has ended."""
        self.call("signal", number)

    @property
    def server_alive(self) -> bool:
        """Whether the server is running."""
        return self.alive and self.call("server_alive")

    def call(self, name: str, *arguments):
        """Call a method of the supervisor.

        Raises:
            StartError: it is gone.
        """
        try:
            return super().call(name, *arguments)
        except ChildEndedError:
            raise StartError("The server's supervisor has ended. Run start() again.") from None

    def close(self) -> None:
        """Let go; returns when everything is gone, or when Docker hangs: then the supervisor goes on trying."""
        self.release(PATIENCE)


class Supervisor:
    """In its child process: makes the folder, starts the server, and removes everything when the owner is gone.

    The owner's pipe is there before anything else is, so there is no moment at which a killed owner leaves something behind.
    """

    def __init__(self, label: str | None):
        self._label, self._server = label, None
        self._folder = tempfile.mkdtemp(prefix="redislab-")
        # on Linux the server dies with the thread that started it, so that one stays
        self._starter = ThreadPoolExecutor(1)

    def folder(self) -> str:
        return self._folder

    def start(self, *command: str) -> int:
        self._server = self._starter.submit(self._start, command).result()
        return self._server.pid

    def _start(self, command) -> subprocess.Popen:
        with open(os.path.join(self._folder, "server.log"), "ab") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": self._folder}
            if sys.platform == "linux":
                options["preexec_fn"] = _die_with_parent
            return subprocess.Popen(command, **options)

    def signal(self, number: int) -> None:
        if self.server_alive():
            self._server.send_signal(number)
        if self._server and number == signal.SIGKILL:
            self._server.wait()

    def server_alive(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def forget(self) -> None:
        """The containers are gone: to look for them once more would take a second."""
        self._label = None

    def on_owner_gone(self) -> None:
        if self.server_alive():
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._label:
            command = [sys.executable, "-c", REMOVE, self._label]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
