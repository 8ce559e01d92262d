"""The owner's side of keeper.py."""

import atexit
import json
import subprocess
import sys
import threading
from pathlib import Path

from redislab.errors import StartError

SCRIPT = Path(__file__).with_name("keeper.py")


class Kept:
    """A temporary folder, perhaps a server in it, perhaps containers with `label`: gone when this process is gone.

    Raises:
        StartError: no temporary folder can be written.
    """

    def __init__(self, label: str | None = None):
        command = [sys.executable, "-I", "-S", str(SCRIPT), *([label] if label else [])]
        # a session of its own: what ends the kernel's process group does not end who tidies up after it
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._lock = threading.Lock()
        try:
            self.folder = Path(json.loads(self._process.stdout.readline()))
        except ValueError:
            self.close()
            raise StartError("No temporary folder can be written. Set TMPDIR to a folder that can be.") from None
        atexit.register(self.close)

    def ask(self, name: str, *arguments):
        """Have the keeper do something; its answer.

        Raises:
            StartError: it could not, or it is gone.
        """
        try:
            with self._lock:
                self._process.stdin.write(json.dumps([name, *arguments]) + "\n")
                self._process.stdin.flush()
                answer = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            raise StartError("The server's keeper has ended. Run start() again.") from None
        if isinstance(answer, dict):
            raise StartError(f"The server did not start: {answer['error']}.")
        return answer

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """Let go; returns when everything is gone."""
        atexit.unregister(self.close)
        try:
            self._process.stdin.close()
        except OSError:
            pass
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            pass  # a Docker that hangs; the keeper goes on trying
        self._process.stdout.close()
