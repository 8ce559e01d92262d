"""Every script of the library, a .lua file each, with its KEYS, ARGV and return value in its head."""

import functools
import hashlib
from pathlib import Path


@functools.cache
def script(name: str) -> str:
    """The source of `name`.lua, for `client.register_script`."""
    return (Path(__file__).parent / f"{name}.lua").read_text(encoding="utf-8")


@functools.cache
def names() -> dict[str, str]:
    """File names by the SHA1 that EVALSHA calls them by: what was sent can be said in words."""
    files = Path(__file__).parent.glob("*.lua")
    return {hashlib.sha1(file.read_bytes()).hexdigest(): file.name for file in files}
