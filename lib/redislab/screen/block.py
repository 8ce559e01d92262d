"""What stands on the page by itself, and what a notebook file shows in its place when it is opened again."""

import functools
import sys
import threading

import ipywidgets as widgets
from IPython import get_ipython

from redislab.screen.controls import close_tree
from redislab.screen.page import expect_page

GONE = "<p>The kernel behind this has ended. Run this cell again, or all of them: Run → Run All Cells.</p>"


def forget(shown) -> None:
    """Take it out of IPython's history of outputs, which would keep all that each run of a cell has measured."""
    if shell := get_ipython():
        outputs = shell.user_ns["_oh"]
        for number in [number for number, output in outputs.items() if output is shown]:
            for names in (shell.user_ns, shell.user_ns_hidden):
                names.pop(f"_{number}", None)
            del outputs[number]


class Block(widgets.VBox):
    """Widgets, one below the other, in the style of the sheet.

    A file keeps no more of them than their number in a kernel. A page that does not trust the file shows `GONE` instead;
    where it does, `card.css` puts the same words in the place of JupyterLab's error.

    Messages from a page come on a thread of the kernel's choice, and a bench's on another. What follows from them happens on the
    kernel's own loop, one thing after the other: `post` has it called there. The `_loop` is made where the block is.

    Args:
        names: classes for the sheet.
    """

    _shown: dict[tuple, "Block"] = {}
    _thread = None

    def __init__(self, children, *names: str):
        expect_page()
        super().__init__(children)
        for name in ("rl", *names):
            self.add_class(name)

    @classmethod
    def show(cls, key, *arguments, **options):
        """Make one in the place of the one that was shown under the same key, which is closed."""
        if (former := cls._shown.pop((cls, key), None)) is not None:
            former.close()
        made = cls._shown[cls, key] = cls(*arguments, **options)
        return made

    @classmethod
    def shown(cls, key) -> "Block | None":
        return cls._shown.get((cls, key))

    def post(self, function, *arguments) -> None:
        """Have `function` called on the kernel's loop, unless this has left the page by then."""
        self._loop.post(self._while_shown, function, *arguments)

    def posted(self, function):
        """`function`, but on the kernel's loop."""
        return functools.partial(self.post, function)

    def _while_shown(self, function, *arguments) -> None:
        if self.comm is not None:
            function(*arguments)

    def work(self, function, *arguments) -> None:
        """Call it in a thread of its own."""
        self._thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the end of that. In a notebook the page stands still meanwhile."""
        if self._thread is not None:
            self._thread.join(timeout)

    def leave(self) -> None:
        """Stop what goes on behind it; called once, before it is taken off the page."""

    def close(self) -> None:
        """Leave the page, with everything it is made of."""
        if self.comm is None:
            return
        self.leave()
        for key in [key for key, block in self._shown.items() if block is self]:
            del self._shown[key]
        close_tree(self)
        if not sys.is_finalizing():
            forget(self)

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | {"text/html": GONE}
