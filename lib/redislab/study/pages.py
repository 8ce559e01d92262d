"""One HTML file that needs nothing beside it: opened without a network, light or dark as the reader's system is."""

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

from redislab.screen.page import SHEET

STYLE = Path(__file__).with_name("pages.css")
PALETTE = re.compile(
    r'^\.rl, \.rl-board \{(.*?)^\}\n\[data-jp-theme-light="false"\] :is\(\.rl, \.rl-board\) \{(.*?)^\}', re.M | re.S
)
OF_THE_THEME = (
    "--jp-ui-font-color0: #e8eaed; --jp-ui-font-color2: #a9b1ba; --jp-layout-color0: #14171a;"  # JupyterLab's
)


def document(title: str, body: str) -> str:
    """The file. An attribute `data-theme` of its `main`, light or dark, overrides the system's."""
    light, dark = PALETTE.search(SHEET.read_text(encoding="utf-8")).groups()
    dark = OF_THE_THEME + dark
    rules = (
        f".rl-paper {{{light}}} @media (prefers-color-scheme: dark) {{ .rl-paper:not([data-theme]) {{{dark}}} }} "
        f".rl-paper[data-theme='dark'] {{{dark}}} {STYLE.read_text(encoding='utf-8')}"
    )
    return (
        f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><meta name='color-scheme' content='light dark'>"
        f"<meta name='viewport' content='width=device-width'><title>{escape(title)}</title><style>{rules}</style></head>"
        f"<body><main class='rl-paper'><div class='rl-page'>{body}</div></main></body></html>\n"
    )


def section(title: str, *parts: str) -> str:
    """Nothing if it has no parts."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>" if any(parts) else ""


def table(heads: list[str], rows: Iterable[list[str]], numbers: set[int] = frozenset()) -> str:
    """Of cells that are HTML; those in the columns `numbers` stand to the right."""

    def line(cells, element: str) -> str:
        return "".join(
            f"<{element}{' class=rl-number' if place in numbers else ''}>{cell}</{element}>"
            for place, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    head = f"<thead><tr>{line(map(escape, heads), 'th')}</tr></thead>"
    return f"<div class='rl-scroll' tabindex='0'><table>{head}<tbody>{body}</tbody></table></div>"


def bar(parts: list[tuple[float, str]], large: bool = False) -> str:
    """Shares of a whole, 0 to 1, each with its colour, such as "--rl-3"."""
    made = "".join(
        f"<i style='width:{100 * share:.2f}%;--rl-part:var({colour})'></i>" for share, colour in parts if share
    )
    return f"<div class='rl-bar{' rl-large' * large}' aria-hidden='true'>{made}</div>"
