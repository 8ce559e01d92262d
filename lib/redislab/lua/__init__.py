"""Every script of the library, a .lua file each, with its KEYS, ARGV and return value in its head."""

import functools
from pathlib import Path


@functools.cache
def script(name: str) -> str:
    """The source of `name`.lua, for `client.register_script`."""
    return (Path(__file__).parent / f"{name}.lua").read_text(encoding="utf-8")
