"""What experiments stand on: a Redis, a database, and a network between them.

What is not used is not loaded: a child process (redislab.world.child) often does without a Redis client.
"""

import importlib

_HOMES = {"Lab": "redislab.world.lab", "Server": "redislab.world.servers", "start": "redislab.world.lab"}
__all__ = ["Lab", "Server", "start"]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'redislab.world' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
