"""The exercises: a text and a class of requirements each."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from redislab.course.checks import Exercise
from redislab.course.exercises.around_me import AroundMe
from redislab.course.exercises.claim_address import ClaimAddress
from redislab.course.exercises.count_once import CountOnce
from redislab.course.exercises.feed_page import FeedPage
from redislab.course.exercises.fixed_window import FixedWindow
from redislab.course.exercises.guarded_refresh import GuardedRefresh
from redislab.course.exercises.in_chunks import InChunks
from redislab.course.exercises.living_products import LivingProducts
from redislab.course.exercises.measure_honestly import MeasureHonestly
from redislab.course.exercises.negative_caching import NegativeCaching
from redislab.course.exercises.noscript import Noscript
from redislab.course.exercises.one_connection import OneConnection
from redislab.course.exercises.own_field import OwnField
from redislab.course.exercises.single_flight import SingleFlight
from redislab.course.exercises.sliding_log import SlidingLog
from redislab.course.exercises.swap_keeps_ttl import SwapKeepsTtl
from redislab.course.exercises.sweep_unlink import SweepUnlink
from redislab.course.exercises.touch_session import TouchSession
from redislab.course.exercises.ttl_audit import TtlAudit
from redislab.course.exercises.write_order import WriteOrder

CACHING = (NegativeCaching, SingleFlight, WriteOrder, GuardedRefresh)
MODELING = (OwnField, AroundMe, TouchSession, LivingProducts, FixedWindow, SlidingLog, FeedPage)
NAMING = (ClaimAddress,)
TUNING = (InChunks, CountOnce, SwapKeepsTtl, Noscript)
ANTIPATTERNS = (SweepUnlink, MeasureHonestly, TtlAudit, OneConnection)
SECTIONS = (CACHING, MODELING, NAMING, TUNING, ANTIPATTERNS)
ALL: dict[str, type[Exercise]] = {exercise.name: exercise for section in SECTIONS for exercise in section}


def load(name: str) -> type[Exercise]:
    """The exercise called `name`.

    Raises:
        ValueError: there is none; names the nearest, and all.
    """
    if name not in ALL:
        near = difflib.get_close_matches(name, ALL, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"There is no exercise {name!r}.{hint} There are: {', '.join(ALL)}.")
    return ALL[name]


@dataclass(frozen=True)
class Text:
    """What a learner reads of an exercise, in Markdown's plainest: paragraphs, lists and `code`.

    Attributes:
        place: the section it belongs to.
        starter, solution: code for a cell; `afterword` says why the solution is one.
    """

    title: str
    place: str
    task: str
    starter: str
    hints: tuple[str, ...]
    solution: str
    afterword: str

    @classmethod
    def read(cls, name: str) -> "Text":
        """The parts of `exercises/NAME.md`."""
        text = Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8")
        head, *parts = re.split(r"^## (\w+).*\n", text, flags=re.M)
        title, place, task = re.fullmatch(r"# ([^\n]+)\n+\*([^\n]+)\*\n+(.+)", head.strip(), re.S).groups()
        named = list(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
        starter, (solution, afterword) = _code(dict(named)["Starter"])[0], _code(dict(named)["Solution"])
        return cls(title, place, task, starter, tuple(t for n, t in named if n == "Hint"), solution, afterword)


def _code(text: str) -> tuple[str, str]:
    """The first fenced block, and what follows it."""
    return re.fullmatch(r"```python\n(.*?)```\s*(.*)", text, re.S).groups()
