"""One HTML file that needs nothing beside it: opened without a network, light or dark as the reader's system is."""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from redislab.screen.page import SHEET, together
from redislab.screen.words import Drawn, Words, grid

STYLE = together(Path(__file__).with_name("pages.css"))
PALETTE = re.compile(
    r'^\.rl, \.rl-board \{(.*?)^\}\n\[data-jp-theme-light="false"\] :is\(\.rl, \.rl-board\) \{(.*?)^\}', re.M | re.S
)
OF_THE_THEME = (
    "--jp-ui-font-color0: #e8eaed; --jp-ui-font-color2: #a9b1ba; --jp-layout-color0: #14171a;"  # JupyterLab's
)


def document(title: str, body: str) -> str:
    """The file. An attribute `data-theme` of its `main`, light or dark, overrides the system's."""
    light, dark = PALETTE.search(SHEET).groups()
    dark = OF_THE_THEME + dark
    rules = (
        f".rl-paper {{{light}}} @media (prefers-color-scheme: dark) {{ .rl-paper:not([data-theme]) {{{dark}}} }} "
        f".rl-paper[data-theme='dark'] {{{dark}}} {STYLE}"
    )
    return (
        f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><meta name='color-scheme' content='light dark'>"
        f"<meta name='viewport' content='width=device-width'><title>{escape(title)}</title><style>{rules}</style></head>"
        f"<body><main class='rl-paper'><div class='rl-page'>{body}</div></main></body></html>\n"
    )


class Shown(Words):
    """Such a page, or a part of it, in a notebook."""

    _css = STYLE

    def __init__(self, html: str = ""):
        super().__init__(names=["rl-page"], html=html)


def section(title: str, *parts: str) -> str:
    """Nothing if it has no parts."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>" if any(parts) else ""


@dataclass(frozen=True)
class Table:
    """Rows of texts, or of what is drawn, for a page or for a terminal.

    Attributes:
        heads: of the columns; what has none is only drawn.
        numbers: the columns that stand to the right.
        note: how to read what is drawn.
    """

    title: str
    heads: list[str]
    rows: list[list[str | Drawn]]
    numbers: set[int] = frozenset()
    note: str = ""

    @property
    def section(self) -> str:
        """It on a page, under its title."""
        note = self.note and f"<p><small>{self.note}</small></p>"
        return section(self.title, note, self.html) if self.rows else ""

    @property
    def html(self) -> str:
        return f"<div class='rl-scroll' tabindex='0'>{grid([self.heads, *self.rows], self.numbers)}</div>"


def bar(parts: list[tuple[float, str]], large: bool = False) -> Drawn:
    """Shares of a whole, 0 to 1, each with its colour, such as "--rl-3"."""
    made = "".join(
        f"<i style='width:{100 * share:.2f}%;--rl-part:var({colour})'></i>" for share, colour in parts if share
    )
    return Drawn(f"<div class='rl-bar{' rl-large' * large}' aria-hidden='true'>{made}</div>")
