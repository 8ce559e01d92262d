"""What a client's code meets outside of Redis while it races: a clock, chance and threads that are the same in each run."""

import asyncio
import inspect
import os
import random
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from types import BuiltinFunctionType
from unittest import mock

import greenlet

from redislab.bench.race_turns import RefusedError, Turn, current

STARTED = 1_800_000_000.0  # s, when every schedule begins
GIVEN = "use the client that it is given, whose steps a race can see"
PROCESS = "starts another process, which a race cannot stop before each step: give two clients"


@contextmanager
def own_world(functions=()):
    """While this lasts, a client's clock goes on only while it sleeps, its random numbers are the same in each run, and a
    thread that it starts does its work before the client goes on. What would escape the schedule is refused.

    Args:
        functions: whose modules may have names of their own for the clock: `from time import sleep`.
    """
    state = random.getstate()
    try:
        with ExitStack() as stack:
            for patch in (*_clock(functions), *_chance(), *_threads(), *_refused()):
                stack.enter_context(patch)
            yield
    finally:
        random.setstate(state)


def _clock(functions) -> list:
    really_sleep = time.sleep

    def sleep(seconds):
        turn = current()
        really_sleep(seconds) if turn is None else turn.sleep(seconds)

    def clock(ask):
        def now():  # redis-py asks several times a command
            here = greenlet.getcurrent()
            return STARTED + here.clock if type(here) is Turn else ask()

        return now

    clocks = {name: clock(getattr(time, name)) for name in ("time", "monotonic", "perf_counter")}
    clocks |= {f"{name}_ns": lambda now=now: int(1e9 * now()) for name, now in clocks.items()} | {"sleep": sleep}
    ours = {getattr(time, name): now for name, now in clocks.items()}
    return [mock.patch.multiple(time, **clocks), *(_renamed(home, ours) for home in _homes(functions))]


@contextmanager
def _renamed(home: dict, ours: dict):
    """Whatever `home` calls the real clock is ours meanwhile."""
    real = {name: value for name, value in list(home.items()) if type(value) is BuiltinFunctionType and value in ours}
    home.update({name: ours[value] for name, value in real.items()})
    try:
        yield
    finally:
        home.update(real)


def _homes(functions) -> list[dict]:
    """The global names of these functions, and of those that they were made from."""
    homes, known, left = {}, set(), list(functions)
    while left:
        function = left.pop()
        if id(function) in known or not callable(function) or isinstance(function, type):
            continue
        known.add(id(function))
        if hasattr(function, "__globals__"):
            homes[id(function.__globals__)] = function.__globals__
        left += [getattr(function, "func", None), *getattr(function, "args", ())]
        left += inspect.getclosurevars(function).nonlocals.values() if inspect.isfunction(function) else ()
    return list(homes.values())


def _in_a_race(owner, name: str, instead: Callable):
    """Patch a function: where a client's code calls it, `instead(turn, …)` is called in its place."""
    real = getattr(owner, name)

    def chosen(*arguments, **options):
        turn = current()
        return real(*arguments, **options) if turn is None else instead(turn, *arguments, **options)

    return mock.patch.object(owner, name, chosen)


def _refusing(owner, name: str, why: str):
    def refuse(turn, *arguments, **options):
        raise RefusedError(why)

    return _in_a_race(owner, name, refuse)


def _chance() -> list:
    def urandom(turn, size):
        return turn.random.randbytes(size)

    def uuid1(turn, *arguments):  # by the C library's clock, and never twice the same
        return uuid.UUID(int=turn.random.getrandbits(128), version=1)

    entropy = [_in_a_race(home, name, urandom) for home, name in ((os, "urandom"), (random, "_urandom"))]
    return [*entropy, _in_a_race(uuid, "uuid1", uuid1)]


def _threads() -> list:
    join, alive = threading.Thread.join, threading.Thread.is_alive

    def start_here(turn, thread):
        thread.ran_here = True
        thread.run()

    def join_here(thread, timeout=None):
        return None if hasattr(thread, "ran_here") else join(thread, timeout)

    def alive_here(thread):
        return not hasattr(thread, "ran_here") and alive(thread)

    def submit_here(turn, pool, function, /, *arguments, **options):
        future = Future()
        try:
            future.set_result(function(*arguments, **options))
        except Exception as failure:
            future.set_exception(failure)
        return future

    def wait_here(turn, event, timeout=None):
        if event.is_set():
            return True
        if timeout is None:
            raise RefusedError("waits for an event of another thread; a thread does its work before its client goes on")
        turn.sleep(timeout)
        return event.is_set()

    return [
        _in_a_race(threading.Event, "wait", wait_here),
        _in_a_race(threading.Thread, "start", start_here),
        _in_a_race(ThreadPoolExecutor, "submit", submit_here),
        mock.patch.multiple(threading.Thread, join=join_here, is_alive=alive_here),
    ]


def _refused() -> list:
    connect = socket.socket.connect

    def connect_here(turn, sock, address):
        if not turn.connects:
            raise RefusedError(f"opens a connection of its own, to {address}: {GIVEN}")
        return connect(sock, address)

    return [
        _in_a_race(socket.socket, "connect", connect_here),
        _refusing(asyncio.BaseEventLoop, "run_forever", f"runs an asyncio loop: {GIVEN}, in a plain function"),
        _refusing(subprocess.Popen, "__init__", PROCESS),
        *([_refusing(os, "fork", PROCESS)] if hasattr(os, "fork") else []),
    ]
