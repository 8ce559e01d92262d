"""The kernel's own loop, on which what belongs to a page happens, one thing after the other."""

import asyncio


class KernelLoop:
    """The loop that runs where this is made; without one there is no kernel, so no page either, and nothing to wait for."""

    def __init__(self):
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def post(self, function, *arguments) -> None:
        """Have `function` called on the loop, from whatever thread."""
        if self._loop is None or self._loop.is_closed():
            function(*arguments)
        else:
            self._loop.call_soon_threadsafe(function, *arguments)
