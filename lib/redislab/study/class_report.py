"""A class as tables: in a notebook, as one HTML file to show, or on a terminal."""

from collections import Counter
from html import escape

from redislab.screen.block import Block
from redislab.screen.words import Drawn, measured, quantity
from redislab.study.charts import strip
from redislab.study.classroom import Class, Guessed
from redislab.study.pages import Shown, Table, bar, document, section
from redislab.study.tally import tally_table
from redislab.study.task import Styled

HARDEST = 10  # questions of quizzes
HOW_TO_READ = (
    "A dot is one person's guess, the bar the middle half of them, the line their median. The triangles are what their machines "
    "measured."
)


class Summary(Block):
    """The widget that `class_summary` makes.

    Attributes:
        them: the figures.
    """

    def __init__(self, them: Class, names: bool = False):
        self.them = them
        super().__init__([Styled(), Shown(body(them, names))])

    def __repr__(self) -> str:
        return "\n".join([self.them.sentence, *self.them.skipped])


def page(them: Class, names: bool = False) -> str:
    """The page as a file of its own; with `names`, also a row for each file."""
    return document("A class", body(them, names))


def text(them: Class, names: bool = False) -> str:
    """The same for a terminal, as wide as it is."""
    from redislab.antipatterns.printed import plain, rendered, table

    made = [table(each.title, each.heads, each.rows, each.numbers) for each in tables(them, names)]
    return rendered(plain(them.sentence), *made)


def body(them: Class, names: bool = False) -> str:
    """The page; all that comes from the files is escaped."""
    people = f"{len(them.learners)} {'person' if len(them.learners) == 1 else 'people'}"
    left_out = "".join(f"<li>{escape(each)}</li>" for each in them.skipped)
    return (
        f"<header><small>A class · Redis performance, measured</small><h1>{people}</h1></header>"
        f"<section><p class='rl-lead'>{escape(them.sentence)}</p></section>"
        f"{''.join(table.section for table in tables(them, names))}"
        f"{section('Left out', f'<ul>{left_out}</ul>') if left_out else ''}"
    )


def tables(them: Class, names: bool) -> list[Table]:
    """Those that have anything to say."""
    made = [
        guesses(them),
        exercises(them),
        stuck(them),
        quizzes(them),
        hardest(them),
        *([tally_table("Files", "file", them.tallies)] * names),
    ]
    return [table for table in made if table.rows]


def guesses(them: Class) -> Table:
    rows = [chosen(each) if each.share is None else numbers(each) for each in them.guesses]
    return Table("Guesses", ["question", "guesses", "median", "measured"], rows, {2, 3}, HOW_TO_READ)


def numbers(each: Guessed) -> list:
    low, middle, high = (quantity(float(f"{value:.3g}"), each.unit) for value in each.quartiles)
    told = f"{len(each.guesses)} guess{'es' * (len(each.guesses) != 1)}, the middle half from {low} to {high}"
    drawing = strip(each.guesses, each.found, each.share, f"{told}; measured {seen(each)}")
    return [each.question, Drawn(drawing, told), middle, seen(each)]


def seen(each: Guessed) -> str:
    """What the machines measured: the least and the most."""
    least, most = min(each.found), max(each.found)
    low, high = measured(least, each.unit), measured(most, each.unit)
    return low if low == high else f"{measured(least)} to {high}"


def chosen(each: Guessed) -> list:
    return [each.question, counted(Counter(each.guesses)), "", counted(Counter(each.found))]


def counted(them: Counter, between: str = ", ") -> str:
    return between.join(f"{what}: {count}" for what, count in them.most_common()) or "–"


def exercises(them: Class) -> Table:
    rows = [
        [
            each.title,
            bar([(each.passed / each.tried, "--rl-3"), (each.stuck / each.tried, "--rl-2")]),
            f"{each.passed} of {each.tried}",
            str(each.failed),
        ]
        for each in them.exercises
    ]
    return Table("Exercises", ["exercise", "", "passed by", "attempts that failed"], rows, {2, 3})


def stuck(them: Class) -> Table:
    rows = [[each.title, str(each.stuck), counted(each.missed, "\n"), counted(each.hints)] for each in them.stuck]
    heads = ["exercise", "not passed by", "requirements missed", "hints opened"]
    return Table("Where people got stuck", heads, rows, {1})


def quizzes(them: Class) -> Table:
    answered, right = Counter(), Counter()
    for each in them.questions:
        answered[each.quiz] += each.answered
        right[each.quiz] += each.right
    shares = [(quiz, right[quiz] / count, count) for quiz, count in answered.items()]
    rows = [[quiz, bar([(share, "--rl-1")]), f"{100 * share:.0f} %", str(count)] for quiz, share, count in shares]
    return Table("Quizzes", ["quiz", "", "right the first time", "answers"], rows, {2, 3})


def hardest(them: Class) -> Table:
    hard = sorted((each.right / each.answered, each) for each in them.questions if each.right < each.answered)
    rows = [[each.question, f"{each.right} of {each.answered}", each.quiz] for _, each in hard[:HARDEST]]
    return Table("The hardest questions", ["question", "right the first time", "quiz"], rows, {1})
