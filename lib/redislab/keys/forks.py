"""What a child made by fork has to have new: locks that no thread there will release, and threads that are not there."""

import os
import weakref

_objects = weakref.WeakSet()


def renewed(thing) -> None:
    """Call `thing.renew()` now, and again in every child that this process forks."""
    _objects.add(thing)
    thing.renew()


def _in_child() -> None:
    for thing in list(_objects):
        thing.renew()


if hasattr(os, "register_at_fork"):  # Windows forks nothing
    os.register_at_fork(after_in_child=_in_child)
