"""What a scorecard says, from the notes: as data, and as HTML."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from redislab.screen.words import measured
from redislab.study.board import SIGNS
from redislab.study.charts import MARKS, calibration
from redislab.study.claim import DEPENDS, FAILS, HOLDS, UNDECIDED
from redislab.study.guesses import Comparison, choices, comparisons, told
from redislab.study.lessons import Lessons
from redislab.study.pages import Table, bar, document, section
from redislab.study.tally import Tally, tallies, tally_table

COLOURS = {HOLDS: "--rl-3", DEPENDS: "--rl-4", FAILS: "--rl-2", UNDECIDED: "--rl-axis"}  # of the verdicts
LONGEST = 60  # characters of a name
FAR = 3  # guesses that are told


@dataclass(frozen=True)
class Bill:
    """Of one day of the finale: `rows` by what they say; `day` is what makes two days the same."""

    label: str
    rows: dict[str, float | None]
    simple: int
    day: list


class Score:
    """What the notes come to.

    Attributes:
        guesses, chosen: numbers and choices that have met their measurements.
        claims: how many came out how.
        bills: the newest day of the finale; and before or after it the same day with another number of simple parts, if there was one.
        redis: what was measured on, the most frequent first.
    """

    def __init__(self, lessons: Lessons, notes: Iterable[dict]):
        self.lessons, notes = lessons, list(notes)
        self.guesses, self.chosen = comparisons(notes), choices(notes)
        self.tallies: list[Tally] = tallies(lessons, notes)
        known = {claim.id for claim in lessons.claims}
        found = {one["id"]: str(one.get("verdict")) for one in notes if one["kind"] == "claim" and one["id"] in known}
        self.claims = Counter(verdict for verdict in found.values() if verdict in COLOURS)
        self.bills = bills(notes)
        named = Counter(
            str(one["redis"]) for one in notes if one["kind"] in ("measurement", "claim") and one.get("redis")
        )
        self.redis = [name for name, _ in named.most_common()]

    @property
    def done(self) -> str:
        """Exercises and quizzes, a row a notebook; nothing before the first."""
        begun = self.tallies[-1].passed or self.tallies[-1].answered
        rows = [(each.title, each) for each in self.tallies] if begun else []
        return tally_table("Exercises and quizzes", "notebook", rows).section

    @property
    def sentences(self) -> list[str]:
        return told(self.guesses, self.chosen, self.topic)

    def heading(self, comparison: Comparison) -> str:
        """Of the section that measured it; "" if that is not known here."""
        known = comparison.lab in self.lessons.labs
        return self.lessons.place(comparison.lab).heading if known else ""

    def topic(self, comparison: Comparison) -> str:
        """The title of the notebook that measured it."""
        titles = (
            book.title for book in self.lessons.notebooks for part in book.sections if comparison.lab in part.labs
        )
        return next(titles, "").partition(" ")[2]


def bills(notes: list[dict]) -> list[Bill]:
    """The newest, and beside it the newest of the same day with more or fewer simple parts; with fewer first."""
    made = [
        Bill(one["id"], one["rows"], len(one["simple"]), one.get("day"))
        for one in reversed(notes)
        if one["kind"] == "bill" and isinstance(one.get("rows"), dict) and isinstance(one.get("simple"), list)
    ]
    others = [each for each in made if each.day == made[0].day and each.simple != made[0].simple]
    return sorted([*made[:1], *others[:1]], key=lambda bill: bill.simple)


# As HTML


def card(score: Score, name: str = "") -> str:
    """The card. All that comes from the notes or from the learner is escaped."""
    who = f"<p>{escape(name.strip()[:LONGEST])}</p>" if name.strip() else ""
    first, *rest = map(escape, score.sentences)
    said = f"<p class='rl-lead'>{first}</p>" + "".join(f"<p>{each}</p>" for each in rest)
    redis = f"Measured on {'; '.join(map(escape, score.redis[:3]))}, by redislab." if score.redis else "By redislab."
    return (
        f"<header><small>Scorecard · Redis performance, measured</small>{who and f'<h1>{who[3:-4]}</h1>'}</header>"
        f"<section>{said}</section>{drawn(score.guesses)}{score.done}{verdicts(score)}{finale(score.bills)}"
        f"<footer>{redis}</footer>"
    )


def drawn(them: list[Comparison]) -> str:
    """The charts, and the guesses that were farthest off."""
    if not them:
        return ""
    shares, others = ([each for each in them if each.share is share] for share in (True, False))
    figures = [
        f"<figure><figcaption>{title} <small>{scale}</small></figcaption>{calibration(those, those is shares)}</figure>"
        for title, scale, those in (
            ("Shares", "of a hundred", shares),
            ("Figures", "ms, ×, B, calls …, on log scales", others),
        )
        if those
    ]
    counts = Counter(each.side for each in them)
    legend = "".join(
        f"<span><i class='rl-{side.replace(' ', '-')}'>{mark}</i> {side}: {counts[side]}</span>"
        for side, mark in MARKS.items()
    )
    far = sorted((each for each in them if each.distance > 1), key=lambda each: -each.distance)[:FAR]
    lines = "".join(f"<li>{surprise(each)}</li>" for each in far)
    return section(
        "Your guesses against this machine",
        f"<div class='rl-charts'>{''.join(figures)}</div><div class='rl-legend'>{legend}</div>",
        f"<p>Farthest off:</p><ol>{lines}</ol>" if len(them) > FAR and lines else "",
    )


def surprise(comparison: Comparison) -> str:
    guess, found, off = map(escape, comparison.words)
    return f"{escape(comparison.question)}: guessed {guess}, measured <b>{found}</b> <small>{off} {comparison.side}</small>"


def verdicts(score: Score) -> str:
    """How the claims came out here."""
    if not (measured_ := score.claims.total()):
        return ""
    whole = len(score.lessons.claims)
    parts = [(score.claims[verdict] / whole, colour) for verdict, colour in COLOURS.items()]
    keys = "".join(
        f"<span class='rl-key' style='--rl-part:var({colour})'>{SIGNS[verdict]} {verdict}: {score.claims[verdict]}</span>"
        for verdict, colour in COLOURS.items()
    )
    return section(
        f"{measured_} of {whole} claims measured on this machine",
        bar(parts, True).html,
        f"<div class='rl-legend'>{keys}</div>",
    )


def finale(them: list[Bill]) -> str:
    """The bill of Black Friday."""
    if not them:
        return ""
    names = dict.fromkeys(name for bill in them for name in bill.rows)
    rows = [[name, *(figure(bill.rows.get(name)) for bill in them)] for name in names]
    note = "Both are the same day, with the same requests and incidents." if len(them) > 1 else ""
    return Table("Black Friday", ["the bill", *(bill.label for bill in them)], rows, {1, 2}, note).section


def figure(value) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return measured(value) if isinstance(value, float) else "–"


def all_guesses(score: Score) -> str:
    """Every guess, the farthest off first; with the section that measured it."""
    farthest = sorted(score.guesses, key=lambda each: -each.distance)
    rows = [[each.question, *each.words, each.side.replace(" ", "\u00a0"), score.heading(each)] for each in farthest]
    for question, choice, found in score.chosen:
        rows.append([question, choice, found, "", "right" if choice == found else "wrong", ""])
    heads = ["question", "guess", "measured", "off", "", "section"]
    title = f"All {len(rows)} guesses" if len(rows) > 1 else "The guess"
    made = Table(title, heads, rows, {1, 2, 3}).html
    return f"<details><summary>{title}</summary>{made}</details>" if rows else ""


def page(score: Score, name: str = "", opened: bool = True) -> str:
    """The card as a file of its own, with the table of all guesses; or for a picture, without."""
    more = all_guesses(score).replace("<details>", "<details open>", 1) if opened else ""
    who = name.strip()[:LONGEST]
    return document(f"Scorecard{who and f' of {who}'}", card(score, name) + more)
