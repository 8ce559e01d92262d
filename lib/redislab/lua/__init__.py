"""Every script of the library, a .lua file each, with its KEYS, ARGV and return value in its head."""

import functools
import hashlib
from pathlib import Path

# file names of the scripts loaded so far, by the SHA1 that EVALSHA calls them by: what was sent can be said in words
NAMES: dict[str, str] = {}


@functools.cache
def script(*names: str) -> str:
    """The source of a .lua file, for `client.register_script`; of several, the functions of the first ones before the last."""
    text = "\n".join((Path(__file__).parent / f"{name}.lua").read_text(encoding="utf-8") for name in names)
    NAMES[hashlib.sha1(text.encode()).hexdigest()] = f"{names[-1]}.lua"
    return text
