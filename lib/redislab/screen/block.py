"""What stands on the page by itself, and what a notebook file shows in its place when it is opened again."""

import ipywidgets as widgets

GONE = "<p>The kernel behind this has ended. Run this cell again, or all of them: Run → Run All Cells.</p>"


class Block(widgets.VBox):
    """Widgets, one below the other, in the style of the sheet.

    A file keeps no more of them than their number in a kernel. A page that does not trust the file shows `GONE` instead;
    where it does, `card.css` puts the same words in the place of JupyterLab's error.

    Args:
        names: classes for the sheet.
    """

    def __init__(self, children, *names: str):
        super().__init__(children)
        for name in ("rl", *names):
            self.add_class(name)

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | {"text/html": GONE}
