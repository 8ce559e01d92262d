"""A class as a page to show: in a notebook, or as one HTML file."""

from html import escape

from redislab.screen.block import Block
from redislab.screen.words import Words, quantity
from redislab.study.charts import strip
from redislab.study.class_printed import counted, seen
from redislab.study.classroom import Class, Guessed
from redislab.study.pages import STYLE, bar, document, section, table
from redislab.study.task import Styled

HARDEST = 10  # questions of quizzes
HOW_TO_READ = (
    "A dot is one person's guess, the bar the middle half of them, the line their median. The triangles are what their machines "
    "measured."
)


class Shown(Words):
    """The page in a notebook."""

    _css = STYLE


class Summary(Block):
    """The widget that `class_summary` makes.

    Attributes:
        them: the figures.
    """

    def __init__(self, them: Class, names: bool = False):
        self.them, self.names = them, names
        super().__init__([Styled(), Shown(names=["rl-page"], html=body(them, names))])

    def __repr__(self) -> str:
        return "\n".join([self.them.sentence, *self.them.skipped])


def page(them: Class, names: bool = False) -> str:
    """The page as a file of its own."""
    return document("A class", body(them, names))


def body(them: Class, names: bool = False) -> str:
    """Tables and strips; all that comes from the files is escaped."""
    people = f"{len(them.learners)} {'person' if len(them.learners) == 1 else 'people'}"
    left_out = "".join(f"<li>{escape(each)}</li>" for each in them.skipped)
    return (
        f"<header><small>A class · Redis performance, measured</small><h1>{people}</h1></header>"
        f"<section><p class='rl-lead'>{escape(them.sentence)}</p></section>"
        f"{guesses(them)}{exercises(them)}{stuck(them)}{quizzes(them)}{files(them) if names else ''}"
        f"{section('Left out', f'<ul>{left_out}</ul>') if left_out else ''}"
    )


def guesses(them: Class) -> str:
    rows = [numbers(each) if each.guesses else taken(each) for each in them.guesses]
    heads = ["question", "guesses and measurements", "median", "measured"]
    return section("Guesses", f"<p><small>{HOW_TO_READ}</small></p>", table(heads, rows, {2, 3})) if rows else ""


def numbers(each: Guessed) -> list[str]:
    low, middle, high = (quantity(float(f"{value:.3g}"), each.unit) for value in each.quartiles)
    told = f"{len(each.guesses)} guesses, the middle half from {low} to {high}; measured {seen(each)}"
    drawing = strip(list(each.guesses), list(each.found), each.share, told)
    return [escape(each.question), drawing, escape(middle), escape(seen(each))]


def taken(each: Guessed) -> list[str]:
    return [escape(each.question), escape(counted(each.options)), "", escape(counted(each.right))]


def exercises(them: Class) -> str:
    rows = [
        [
            escape(each.title),
            bar([(each.passed / each.tried, "--rl-3"), (each.stuck / each.tried, "--rl-2")]),
            f"{each.passed} of {each.tried}",
            str(each.failed),
        ]
        for each in them.exercises
    ]
    heads = ["exercise", "passed, and not yet", "", "attempts that failed"]
    return section("Exercises", table(heads, rows, {2, 3})) if rows else ""


def stuck(them: Class) -> str:
    rows = [
        [escape(each.title), str(each.stuck), missed(each.missed), escape(counted(each.hints)) or "–"]
        for each in them.stuck
    ]
    heads = ["exercise", "not passed by", "requirements missed", "hints opened"]
    return section("Where people got stuck", table(heads, rows, {1})) if rows else ""


def missed(them) -> str:
    return "<br>".join(f"{count} × {escape(says)}" for says, count in them.most_common()) or "–"


def quizzes(them: Class) -> str:
    rows = [
        [
            escape(each.quiz),
            bar([(each.right / each.answered, "--rl-1")]),
            f"{100 * each.right / each.answered:.0f} %",
            str(each.answered),
        ]
        for each in them.quizzes
    ]
    hard = sorted(
        (each for each in them.questions if each.right < each.answered), key=lambda each: each.right / each.answered
    )
    lines = "".join(
        f"<li>{escape(each.question)} <small>{each.right} of {each.answered}</small></li>" for each in hard[:HARDEST]
    )
    more = f"<p>The hardest questions, and how many were right the first time:</p><ol>{lines}</ol>" if lines else ""
    heads = ["quiz", "right the first time", "", "answers"]
    return section("Quizzes", table(heads, rows, {2, 3}), more) if rows else ""


def files(them: Class) -> str:
    rows = [
        [escape(name), str(len(tally.passed)), str(len(tally.answered)), str(len(tally.right))]
        for name, tally in them.tallies
    ]
    heads = ["file", "exercises passed", "questions answered", "right the first time"]
    return section("Files", table(heads, rows, {1, 2, 3}))
