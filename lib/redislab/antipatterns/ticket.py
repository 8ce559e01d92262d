"""A finding as the text of a ticket, in Markdown."""

import re

from redislab.keys import Finding
from redislab.keys.naming import printable

WEIGHTS = {1: "Hint", 2: "Warning", 3: "Danger"}
MARKS = re.compile(r"[\\`*_\[\]<>|~&]")  # that mean something in Markdown, wherever they stand


def ticket(finding: Finding, where: str, show: str = "") -> str:
    """Title, what was found and where, why it matters, what to do, and how to check it afterwards.

    Args:
        where: the server in words, without any password (redislab.world.Server's `name`).
        show: a line of Python that shows it in a notebook of the course.
    """
    parts = {
        "Found": f"{plain(finding.seen)}. Seen on {plain(where)}, under {code(finding.subject)}.",
        "Why it matters": plain(finding.why),
        "What to do": plain(finding.cure),
        "How to check it": plain(finding.check),
        "See it happen": code(show) if show else "",
        "Read": code(finding.lab) if finding.lab else "",
    }
    title = f"## {WEIGHTS[finding.weight]}: {plain(finding.rule)}, {code(finding.subject)}"
    return "\n\n".join([title, *(f"**{head}:** {said}" for head, said in parts.items() if said)]) + "\n"


def plain(words: str) -> str:
    """As it stands, on one line: nothing in a key's name means anything to Markdown."""
    return MARKS.sub(r"\\\g<0>", _line(words))


def code(words: str) -> str:
    """The same as code, between as many backticks as it takes."""
    words = _line(words) or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", words)), default=0))
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def _line(words: str) -> str:
    return printable(words).replace("\n", "\\n")
