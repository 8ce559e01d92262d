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
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from types import BuiltinFunctionType
from unittest import mock

import greenlet

from redislab.bench.race_turns import RefusedError, Turn, current

STARTED = 1_800_000_000.0  # s, when every schedule begins
GIVEN = "use the client that it is given, whose steps a race can see"


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
    real = {name: getattr(time, name) for name in ("sleep", "time", "monotonic", "perf_counter")}

    def sleep(seconds):
        turn = current()
        real["sleep"](seconds) if turn is None else turn.sleep(seconds)

    def clock(name):
        ask = real[name]

        def now():  # redis-py asks several times a command
            here = greenlet.getcurrent()
            return STARTED + here.clock if type(here) is Turn else ask()

        return now

    clocks = {"sleep": sleep} | {name: clock(name) for name in real if name != "sleep"}
    clocks |= {f"{name}_ns": lambda now=now: int(1e9 * now()) for name, now in clocks.items() if name != "sleep"}
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


def _chance() -> list:
    entropy, by_time = os.urandom, uuid.uuid1

    def urandom(size):
        turn = current()
        return entropy(size) if turn is None else turn.random.randbytes(size)

    def uuid1(*arguments):  # by the C library's clock, and never twice the same
        turn = current()
        return by_time(*arguments) if turn is None else uuid.UUID(int=turn.random.getrandbits(128), version=1)

    return [mock.patch("os.urandom", urandom), mock.patch("random._urandom", urandom), mock.patch("uuid.uuid1", uuid1)]


def _threads() -> list:
    start, join, alive, submit, wait = (
        threading.Thread.start, threading.Thread.join, threading.Thread.is_alive, ThreadPoolExecutor.submit,
        threading.Event.wait,
    )  # fmt: skip

    def start_here(thread):
        if current() is None:
            return start(thread)
        thread.ran_here = True
        thread.run()

    def join_here(thread, timeout=None):
        return None if hasattr(thread, "ran_here") else join(thread, timeout)

    def alive_here(thread):
        return not hasattr(thread, "ran_here") and alive(thread)

    def submit_here(pool, function, /, *arguments, **options):
        if current() is None:
            return submit(pool, function, *arguments, **options)
        future = Future()
        try:
            future.set_result(function(*arguments, **options))
        except Exception as failure:
            future.set_exception(failure)
        return future

    def wait_here(event, timeout=None):
        turn = current()
        if turn is None or event.is_set():
            return wait(event, timeout)
        if timeout is None:
            raise RefusedError("waits for an event of another thread; a thread does its work before its client goes on")
        turn.sleep(timeout)
        return event.is_set()

    return [
        mock.patch.object(threading.Event, "wait", wait_here),
        mock.patch.multiple(threading.Thread, start=start_here, join=join_here, is_alive=alive_here),
        mock.patch.object(ThreadPoolExecutor, "submit", submit_here),
    ]


def _refused() -> list:
    connect, loop, child = socket.socket.connect, asyncio.BaseEventLoop.run_forever, subprocess.Popen.__init__
    fork = getattr(os, "fork", None)

    def connect_here(sock, address):
        turn = current()
        if turn is not None and not turn.connects:
            raise RefusedError(f"opens a connection of its own, to {address}: {GIVEN}")
        return connect(sock, address)

    def alone(start):
        def start_here(*arguments, **options):
            if current() is not None:
                raise RefusedError(
                    "starts another process, which a race cannot stop before each step: give two clients"
                )
            return start(*arguments, **options)

        return start_here

    def loop_here(running):
        if current() is not None:
            raise RefusedError(f"runs an asyncio loop: {GIVEN}, in a plain function")
        return loop(running)

    return [
        mock.patch.object(socket.socket, "connect", connect_here),
        mock.patch.object(asyncio.BaseEventLoop, "run_forever", loop_here),
        mock.patch.object(subprocess.Popen, "__init__", alone(child)),
        *([mock.patch("os.fork", alone(fork))] if fork else []),
    ]
