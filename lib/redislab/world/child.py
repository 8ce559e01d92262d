"""A child process: an object in another Python process, called from here.

    child = Child(functools.partial(Shop, 100), "shop").ready()
    child.call("add", 5)               # waits for the answer; what `add` raises is raised here
    child.tell("refill")               # does not wait
    for event in child.events(): ...   # what the object passes to `emit`, in order, until it ends

Everything that redislab runs beside the kernel is such an object: the bench, an application that can be killed, the check of
a learner's function, the network delay, and the supervisor of servers and containers. They share this protocol:

- The child's stdin carries what it is told, as pickles. It also ties the child to its owner: at the end of stdin the child
  ends, even if the owner was killed. First it calls `on_owner_gone()`, if the object has that method, and waits for it.
- Its stdout carries the events, as pickles. What is printed goes to stderr, so it cannot corrupt them.
- Calls go over loopback. Calls at the same time have a connection each, and are served by a thread each.

Why not `multiprocessing.Process`? It is no faster: with `spawn` it starts in 0.10 s, and a BaseManager answers in 0.03 ms; this
starts in 0.06 s and answers in 0.05 ms. And five of its habits are in the way: it runs a script's main module again, starts
a resource tracker, leaves the child in the session of the kernel (so an interrupt of one is an interrupt of both), forbids
children of a daemonic process, and waits at exit for any other. So only its connections are used here.
"""

import atexit
import contextlib
import os
import pickle
import secrets
import signal
import socket
import subprocess
import sys
import threading
import traceback
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener, answer_challenge, deliver_challenge

SWITCH = 0.0005  # s; a thread that computes holds up a call for this long at most
PATIENCE = 6.0  # s for a tidy end
_events = None  # in the child: the way up


class ChildEndedError(ConnectionError):
    """The child process has ended, or ended before it answered."""


class Child:
    """What `factory()` makes, in a process of its own.

    Args:
        factory: travels by cloudpickle, so it may come from a notebook's cell.
        name: shown in a list of processes, and in the error when it has ended.
    """

    def __init__(self, factory, name: str = "child process"):
        self.factory, self.name = factory, name
        self._spawn()

    def _spawn(self) -> None:
        import cloudpickle  # here, because the child can do without

        command = [sys.executable, "-m", "redislab.world.child", self.name]
        # a session of its own: an interrupt of the kernel is not one of the child
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self._events = _messages(self.process.stdout)
        self._key, self._address, self._starting = secrets.token_bytes(16), None, threading.Lock()
        self._idle = []  # connections that wait for the next call
        self._send((self._key, cloudpickle.dumps(self.factory)))
        atexit.register(self.close)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ready(self) -> "Child":
        """Wait until the object is made.

        Raises:
            Exception: what the factory raised.
            ChildEndedError: the process ended before that.
        """
        with self._starting:
            if self._address is None:
                self._address = next(self._events, None)
        if isinstance(self._address, tuple):
            return self
        self.close()
        raise self._address or self._ended()

    def call(self, name: str, *arguments):
        """Call the method `name`, from any thread, and return what it returns.

        Raises:
            ChildEndedError: the process has ended, or ended meanwhile.
        """
        self.ready()
        try:
            connection = self._connection()
            connection.send((name, arguments))
            returned, answer = connection.recv()
        except (EOFError, OSError, AuthenticationError):
            raise self._ended() from None
        self._idle.append(connection)  # not after an interrupt: the answer would be taken for that of the next call
        if returned:
            return answer
        raise answer

    def tell(self, name: str, *arguments) -> None:
        """Have the method `name` called, in the order of telling. It has to return soon, and nothing is heard of it."""
        self._send((name, arguments))

    def events(self):
        """Iterate over what the child emits, until it ends. One thread may do so."""
        return self.ready()._events

    def kill(self) -> int:
        """SIGKILL, to it and to what it has started in its session; its exit code."""
        if self.process.returncode is None:  # so that its number cannot be another's by now
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self.process.kill()
        return self.process.wait()

    def release(self, patience: float = PATIENCE) -> bool:
        """Let go of it, so that it tidies up and ends; whether it has within `patience` seconds."""
        atexit.unregister(self.close)
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return False
        self.process.stdout.close()
        self._idle.clear()
        return True

    def close(self) -> None:
        """End it: tidily, else by force."""
        if not self.release():
            self.kill()
            self.release()

    def _send(self, message) -> None:
        pickled = pickle.dumps(message)
        with contextlib.suppress(OSError, ValueError):  # it has ended, as `ready`, `call` and `events` say
            self.process.stdin.write(pickled)
            self.process.stdin.flush()

    def _connection(self):
        try:
            return self._idle.pop()
        except IndexError:
            return _prompt(Client(self._address, authkey=self._key))

    def _ended(self) -> ChildEndedError:
        code = self.process.poll()  # None: it is about to end
        return ChildEndedError(f"The {self.name} has ended" + (f" (exit {code})." if code is not None else "."))


def emit(event) -> None:
    """In a child, from any thread: pass an event to the owner. It is on its way when this returns."""
    pickled = pickle.dumps(event)
    with contextlib.suppress(OSError):  # the owner is gone
        _events.write(pickled)  # in one call, so that threads do not mix
        _events.flush()


def main() -> None:
    """Be a child: make the object, then do what is asked until the owner is gone."""
    global _events
    told, _events = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.setswitchinterval(SWITCH)
    messages = _messages(told)
    try:
        key, factory = next(messages)
        listener = Listener(("127.0.0.1", 0), backlog=128)
        target = pickle.loads(factory)()
    except Exception as failure:
        emit(_portable(failure))
        os._exit(1)
    threading.Thread(target=_accept, args=(target, listener, key), daemon=True).start()
    emit(listener.address)
    for name, arguments in messages:
        try:
            getattr(target, name)(*arguments)
        except Exception:
            traceback.print_exc()
    getattr(target, "on_owner_gone", int)()
    os._exit(0)  # threads are not waited for


def _messages(stream):
    """Iterate over pickles until the stream ends, perhaps in the middle of one."""
    with contextlib.suppress(EOFError, OSError, ValueError, pickle.UnpicklingError):
        while True:
            yield pickle.load(stream)


def _accept(target, listener: Listener, key: bytes) -> None:
    while True:
        with contextlib.suppress(OSError):  # it went away before it was let in
            threading.Thread(target=_attend, args=(target, listener.accept(), key), daemon=True).start()


def _attend(target, connection, key: bytes) -> None:
    """Serve one connection, if it knows the key."""
    with contextlib.suppress(EOFError, OSError, AuthenticationError), connection:
        deliver_challenge(_prompt(connection), key)
        answer_challenge(connection, key)
        while True:
            request = connection.recv_bytes()
            try:
                name, arguments = pickle.loads(request)
                connection.send((True, getattr(target, name)(*arguments)))
            except Exception as failure:
                connection.send((False, _portable(failure)))


def _prompt(connection):
    """Send without waiting for acknowledgements: messages of 16 to 64 KB took 44 ms, and now 0.1 ms."""
    endpoint = socket.socket(fileno=connection.fileno())
    endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    endpoint.detach()
    return connection


def _portable(failure: Exception) -> Exception:
    """The failure itself, if it survives the way; else its words."""
    try:
        return pickle.loads(pickle.dumps(failure))
    except Exception:
        return RuntimeError(f"{type(failure).__name__}: {failure}")


if __name__ == "__main__":
    from redislab.world import child  # the module that others import, so that there is one `emit`

    child.main()
