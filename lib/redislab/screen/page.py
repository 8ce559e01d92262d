"""What all widgets of ours have in common on a page: they end with their kernel, say who they are, and keep their keys."""

import asyncio
import functools
from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent
PATIENCE = 10.0  # s until a page should have been heard of
NO_PAGE = (
    "No page shows this: widgets are missing here, or blocked (a Content Security Policy has to allow blob: as a source of "
    "scripts). JupyterLab, Notebook 7, Voilà and VS Code with its Jupyter extension show them."
)


def together(*files: Path) -> str:
    """The text of some files: given their paths, anywidget would watch each in a thread, and keep every widget for its sake."""
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def script(*files: Path) -> str:
    """One module for a page, of `page.js` and these files."""
    return together(HERE / "page.js", *files)


SHEET = together(HERE / "screen.css")


def directly(function, *arguments) -> None:
    """Call it where its message was heard: a thread of the kernel's choice."""
    function(*arguments)


class PageWidget(anywidget.AnyWidget):
    """A widget with a script of ours. One in each block has the sheet as its `_css`: it is large, and each would send it.

    Args:
        post: how to call what answers the page, such as on the kernel's loop.
        heard: what answers it, in the place of the method.

    Attributes:
        greeted: whether any page has shown any of them.
    """

    greeted = False

    def __init__(self, post: Callable = directly, heard: Callable | None = None, **state):
        self._post, self.heard = post, heard or self.heard
        super().__init__(**state)
        self.on_msg(self._hear)

    def heard(self, message: dict) -> None:
        """Answer the page."""

    def _hear(self, _, message: dict, __) -> None:
        if message.get("kind") == "page":
            PageWidget.greeted = True
        else:
            self._post(self.heard, message)


class Moved(PageWidget):
    """A widget with a trait that is moved on the page: each move is a message, with the moment at which it was made, as ipykernel
    hears the widgets of a page in any order.

    Attributes:
        turn: when the newest move was made that was heard, in ms, for a page not to go back to an older one.
    """

    turn = traitlets.Float().tag(sync=True)

    def moved(self, move, at: float) -> None:
        """Take a move that was made `at` so many ms."""

    def heard(self, message: dict) -> None:
        with self.hold_sync():
            self.turn = max(self.turn, message["turn"])
            self.moved(message["move"], message["turn"])


class ExpectedPage:
    """Says in a cell that no page was heard of. Its time begins again after each cell: what a page says waits behind all of them."""

    def __init__(self, shell):
        self._shell, self._timer = shell, None
        shell.events.register("post_run_cell", self._wait)

    def _wait(self, *_) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._tell)

    def _tell(self) -> None:
        self._shell.events.unregister("post_run_cell", self._wait)
        if not PageWidget.greeted:
            print(NO_PAGE)


@functools.cache
def expect_page() -> None:
    """Wait for the first page, if this is a notebook's kernel: without one nothing on it could say what is missing."""
    import IPython

    shell = IPython.get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        ExpectedPage(shell)
