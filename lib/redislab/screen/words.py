"""What a panel says in words: one place on the page whose text changes, and the texts."""

from html import escape
from typing import NamedTuple

import traitlets

from redislab.screen.page import HERE, PageWidget, script

LONGEST = 160  # characters of an error


class Words(PageWidget):
    """HTML in one element that stays: a screen reader hears what changes in it if `live` is "polite"."""

    _esm = script(HERE / "words.js")
    html = traitlets.Unicode().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    live = traitlets.Unicode("off").tag(sync=True)

    def download(self, name: str, content: str | bytes) -> None:
        """Have the page save `content` as a file."""
        self.send({"name": name}, [content.encode() if isinstance(content, str) else content])


class Copyable(PageWidget):
    """A sentence, and a text to copy below it; shown while it says something."""

    _esm = script(HERE / "copyable.js")
    said = traitlets.List(["", ""]).tag(sync=True)

    def __init__(self):
        super().__init__()
        self.say("", "")

    def say(self, sentence: str, text: str) -> None:
        self.said = [sentence, text]
        self.layout.display = "" if sentence or text else "none"


def quantity(value, unit: str = "") -> str:
    """A figure as one says it, with its unit: "1,500/s", "±10 %", "0.2 s"."""
    text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return _with_unit(text, unit)


def measured(value, unit: str = "") -> str:
    """As `quantity`, with the digits that a measurement deserves; a dash where there is none."""
    if not isinstance(value, (int, float)):
        return "–" if value is None else str(value)
    digits = 0 if abs(value) >= 100 or isinstance(value, int) else 1 if abs(value) >= 10 else 2
    return _with_unit(f"{value:,.{digits}f}", unit)


def _rate(value: float) -> str:
    """Whole requests a second, and a tenth where there are only few: one in two seconds is not none."""
    return f"{value:,.1f}" if 0 < value < 10 else f"{value:,.0f}"


def _with_unit(text: str, unit: str) -> str:
    if unit.startswith("±"):
        text, unit = f"±{text}", unit[1:]
    return text + ("" if not unit or unit.startswith("/") else " ") + unit


def settings(values: dict, knobs: dict) -> str:
    """Where some knobs stand: "TTL 2 s, Guard off"; `knobs` are these and others, by name."""
    spelled = {name: "on" if value is True else "off" if value is False else value for name, value in values.items()}
    return ", ".join(
        f"{knobs[name].label} {value if isinstance(value, str) else quantity(value, knobs[name].unit)}"
        for name, value in spelled.items()
    )


def progress(share: float, text: str) -> str:
    """A bar with what is being done beside it."""
    label = f"{100 * share:.0f} %" + (f", {text}" if text else "")
    bar = f"<progress max='1' value='{share:.3f}' aria-label='Progress of the measurement'>{share:.0%}</progress>"
    return f"{bar}<span>{escape(label)}</span>"


def status(title: str, state: str, where: dict, values: dict, note: str = "") -> str:
    """The title, the state, what is measured on, and how much of the load came back."""
    facts = [" · ".join(str(where[name]) for name in ("server", "backend") if name in where)]
    if values.get("round_trip_ms") is not None:
        facts.append(f"round trip <b>{measured(values['round_trip_ms'])}</b> ms")
    if "curve" in values:
        state = "done" if state == "running" and values["progress"] == 1 else state
        facts.append(f"closed loop, <b>{len(values['curve'])}</b> points")
    if "offered" in values:
        facts.append(f"offered <b>{_rate(values['offered'])}</b>/s, achieved <b>{_rate(values['achieved'])}</b>/s")
        facts.append(f"n = <b>{values['requests']:,}</b>")
    if values.get("errors"):
        why = escape(str(values.get("error", ""))[:LONGEST])
        facts.append(
            f"<span class='rl-alarm' title='{why}'>failing: <b>{_rate(values['errors'])}</b>/s{why and f' ({why})'}</span>"
        )
    spans = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    now = f"<span class='rl-state rl-{state}'>{state}</span><span class='rl-note'>{escape(note)}</span>"
    return (
        f"<h3 class='rl-title'>{escape(title)}</h3><div class='rl-now'>{now}</div><div class='rl-facts'>{spans}</div>"
    )


def claim_line(claim: str, guess: str | None, found: str | None, verdict: str | None) -> str:
    """The claim, the learner's guess, this machine's figure, and what follows."""
    cells = [
        ("The module’s claim", f"“{escape(claim)}”" if claim else None),
        ("Your guess", guess),
        ("Measured here", found),
        ("Verdict", escape(verdict) if verdict else "measuring …"),
    ]
    return "".join(f"<div><small>{head}</small><p>{text}</p></div>" for head, text in cells if text)


def table(columns: list[tuple[str, str]], samples: list[dict], rows: int = 12) -> str:
    """The last seconds, a row for each, the newest on top."""
    chosen = {}
    for sample in samples[-20 * rows :]:
        chosen[int(sample["t"])] = sample
    newest = sorted(chosen.items(), reverse=True)[:rows]
    cells = [[str(second), *(measured(sample.get(key)) for key, _ in columns)] for second, sample in newest]
    return grid([["time, s", *(label for _, label in columns)], *cells])


def points(columns: list[tuple[str, str]], curve: list[dict]) -> str:
    """A sweep's points, a row for each."""
    cells = [[measured(point.get(key)) for key, _ in columns] for point in curve]
    return grid([[label for _, label in columns], *cells])


class Drawn(NamedTuple):
    """A cell of a table that is HTML; its `words` stand in its place on a terminal."""

    html: str
    words: str = ""


def grid(rows: list[list], numbers: set[int] = frozenset()) -> str:
    """A table whose first row is its head; the columns in `numbers` stand to the right.

    A cell that begins with ✓ or ✗ has that mark's colour; a pair is a link; and what is Drawn stands as it is.
    """
    looks = [" class='rl-number'" if place in numbers else "" for place in range(len(rows[0]))]
    head = "".join(f"<th scope='col'{look}>{escape(text)}</th>" for text, look in zip(rows[0], looks, strict=True))
    lines = "".join(f"<tr>{''.join(map(_cell, row, looks))}</tr>" for row in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(said: str | tuple[str, str], look: str) -> str:
    if isinstance(said, Drawn):
        return f"<td{look}>{said.html}</td>"
    if isinstance(said, tuple):
        text, address = map(escape, said)
        return f"<td><a href='{address}'>{text}</a></td>"
    mood = {"✓": " class='rl-met'", "✗": " class='rl-not-met'"}.get(said[:1], look)
    return f"<td{mood}>{escape(said)}</td>"
