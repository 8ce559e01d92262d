"""An application in a process of its own, which can be killed with SIGKILL, as real ones are.

The process is this module, run as a script. It reads a pickled factory from stdin, calls it, and serves what it made on
a port of 127.0.0.1: whoever connects gets a thread. When stdin closes, because the owner let go or was killed, it ends.
"""

import os
import pickle
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener

import cloudpickle

from redislab.errors import ExperimentError


class Application:
    """What `factory()` makes, alive in another process; any number of threads may call its methods at once.

        application = Application(functools.partial(Shop, lab.address))
        version = application.call("put", 42, record)
        application.kill()
        application.restart()      # the factory is called anew

    A call costs a trip over loopback, 0.1 to 0.2 ms, as between a client and its application. Arguments and results are
    pickled, and what the method raises is raised here.

    Raises:
        ExperimentError: the factory failed.
    """

    def __init__(self, factory: Callable):
        self.factory, self._process, self._local = factory, None, threading.local()
        self.restart()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def call(self, name: str, *arguments):
        """Call the method `name` in the application.

        Raises:
            ConnectionError: it is not running, or was killed meanwhile.
        """
        try:
            connection = self._connection()
            connection.send((name, arguments))
            returned, answer = connection.recv()
        except (EOFError, OSError, AuthenticationError):
            self._local.connection = None
            raise ConnectionError("The application is not running. restart() starts it again.") from None
        if returned:
            return answer
        raise answer

    def kill(self) -> None:
        """SIGKILL. What it held in memory is gone."""
        self._process.kill()
        self._process.wait()

    def restart(self, factory: Callable | None = None) -> None:
        """Kill it if it runs, and start anew, with the same factory or another one."""
        self.close()
        self.factory = factory or self.factory
        command, key = [sys.executable, "-m", "redislab.bench.application"], secrets.token_bytes(16)
        # a session of its own: an interrupt of the kernel is not one of the application
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        try:
            pickle.dump((key, cloudpickle.dumps(self.factory)), self._process.stdin)
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)
        except (EOFError, OSError):
            answer = RuntimeError(f"it ended at once, exit {self._process.wait()}")
        self._process.stdout.close()
        if isinstance(answer, Exception):
            self.close()
            raise ExperimentError(f"The application did not start ({type(answer).__name__}: {answer}).") from answer
        self._address, self._key = answer, key

    def close(self) -> None:
        """End it, as `kill` does, and let go of it."""
        if self._process is not None:
            self.kill()
            self._process.stdin.close()

    def _connection(self):
        """This thread's own, to the process that runs now."""
        address, connection = getattr(self._local, "connection", None) or (None, None)
        if address != self._address:
            connection = Client(self._address, authkey=self._key)
            self._local.connection = self._address, connection
        return connection


def serve(target, listener: Listener) -> None:
    """Take in whoever has the key, a thread for each."""
    while True:
        try:
            connection = listener.accept()
        except (EOFError, OSError, AuthenticationError):
            continue  # it went away before it was let in
        threading.Thread(target=_attend, args=(target, connection), daemon=True).start()


def _attend(target, connection) -> None:
    try:
        while True:
            name, arguments = connection.recv()
            try:
                answer = True, getattr(target, name)(*arguments)
            except Exception as failure:
                answer = False, _portable(failure)
            connection.send(answer)
    except (EOFError, OSError):
        connection.close()


def _portable(failure: Exception) -> Exception:
    """The failure itself, if it survives the way; else its words."""
    try:
        return pickle.loads(pickle.dumps(failure))
    except Exception:
        return RuntimeError(f"{type(failure).__name__}: {failure}")


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not end up in the answer
    sys.setswitchinterval(0.0005)  # as in the bench: a worker's batch holds up a request for this long at most
    key, factory = pickle.load(sys.stdin.buffer)
    try:
        target, listener = pickle.loads(factory)(), Listener(("127.0.0.1", 0), backlog=128, authkey=key)
        answer = listener.address
        threading.Thread(target=serve, args=(target, listener), daemon=True).start()
    except Exception as failure:
        answer = _portable(failure)
    pickle.dump(answer, answers)
    answers.close()
    sys.stdin.buffer.read()
    os._exit(0)  # nothing is finished first: what outlives SIGKILL outlives this


if __name__ == "__main__":
    main()
