"""A report, and the progress of a walk, for a terminal. Only the command line loads this."""

import io
import sys
import time
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from redislab.antipatterns.audits import size
from redislab.keys.naming import printable

WEIGHTS = {1: ("hint", "dim"), 2: ("warning", "yellow"), 3: ("danger", "bold red")}
SHOWN = 12  # patterns in the table
NARROWEST = 40  # columns; below that a table loses its words, and some terminals have 0


def text(found, where: str, openings=()) -> str:
    """The report, as wide as the terminal, and in colour if that is one.

    Args:
        openings: for each finding what opens its lab: `line`, Python on one line, and `notes` on it.
    """
    parts = [f"[bold]{plain(where)}[/]: {plain(found.basis)}"]
    if not found.complete:
        parts.append("[yellow]The report is incomplete.[/]")
    parts += [table for table in (_patterns(found), _top(found), _findings(found)) if table.row_count]
    if found.seen and not found.findings:
        parts.append("[green]Nothing found.[/]")
    return rendered(*parts, lines=_lines(found, openings))


def rendered(*parts, lines: Iterable[str] = ()) -> str:
    """Texts and tables as wide as the terminal, in colour if that is one, and in characters that it has; then lines that are
    never wrapped."""
    encoding = sys.stdout.encoding or "utf-8"
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
    console = Console(file=file, width=max(NARROWEST, Console().width), force_terminal=sys.stdout.isatty(), emoji=False)
    for part in parts:
        console.print(part, highlight=False)
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
    file.flush()
    return file.buffer.getvalue().decode(encoding)


class Progress:
    """A line on stderr: how far the walk is, and how long the rest will take. In a log, a line every 10 s."""

    def __init__(self, stream, met: int = 0, timer=time.monotonic):
        self.stream, self.first, self.timer, self.terminal = stream, met, timer, stream.isatty()
        self.began = self.last = timer()

    def __call__(self, met: int, total: int | None) -> None:
        now = self.timer()
        if now - self.last < (0.2 if self.terminal else 10):
            return
        self.last, rate = now, (met - self.first) / (now - self.began)
        of, left = (
            (f" of about {total:,}", f", about {(total - met) / rate:,.0f} s left") if total and rate else ("", "")
        )
        self._write(f"Read {met:,}{of} keys, {rate:,.0f} a second{left}")

    def close(self) -> None:
        """Clear the line."""
        if self.terminal and self.last > self.began:
            self._write("")

    def _write(self, line: str) -> None:
        try:
            self.stream.write(f"\r{line}\x1b[K" if self.terminal else f"{line}\n")
            self.stream.flush()
        except OSError:
            pass  # no reader, or a full disk: the report matters more


def table(title: str, heads: Iterable[str], rows: Iterable, numbers: Iterable[int]) -> Table:
    """A table as wide as the terminal; columns without a head are left out, and those in `numbers` stand to the right.

    A cell is a text, or has `words`.
    """
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    columns = {place: head for place, head in enumerate(heads) if head}
    for place, head in columns.items():
        made.add_column(head, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(plain(getattr(row[place], "words", row[place])) for place in columns))
    return made


def _patterns(found) -> Table:
    heads = "pattern", "keys" if found.survey.whole else "keys seen", "memory", "p50", "p99", "largest", "without TTL"
    rows = []
    for pattern, tally in found.patterns[:SHOWN]:
        sizes = [tally.memory, *map(tally.percentile, (50, 99, 100))] if tally.sizes else [None] * 4
        lasting = "?" if "ttl" in found.survey.unknown else f"{100 * tally.lasting / tally.keys:.0f} %"
        rows.append([pattern, f"{tally.keys:,}", *("?" if each is None else size(each) for each in sizes), lasting])
    if len(found.patterns) > SHOWN:
        rows.append([f"and {len(found.patterns) - SHOWN:,} more", *[""] * 6])
    return table("Keys by pattern", heads, rows, range(1, 7))


def _top(found) -> Table:
    rows = [[each.name, size(each.size), each.kind, each.node] for each in found.survey.top]
    return table("Largest keys", ("key", "memory", "type", "node"), rows, {1})


def _findings(found) -> Table:
    """A row for each thing to mend; where it was seen, why it matters, the cure, and the lab that explains it."""
    table = Table(title="Findings", title_justify="left", show_lines=True, show_header=False)
    alike = {}
    for finding in found:
        alike.setdefault((finding.weight, finding.rule, finding.why, finding.cure, finding.lab), []).append(finding)
    for (weight, rule, why, cure, lab), findings in alike.items():
        word, style = WEIGHTS[weight]
        lines = [f"[bold]{plain(each.subject)}[/]  {plain(each.seen)}" for each in findings]
        lines += [
            f"[dim]{head}[/]{plain(said)}"
            for head, said in (("Why   ", why), ("Mend  ", cure), ("Lab   ", lab))
            if said
        ]
        table.add_row(f"[{style}]{word}[/]\n{rule}", "\n".join(lines))
    return table


def _lines(found, openings) -> Iterator[str]:
    """What opens the labs, to be copied: never wrapped, and what stands around it is a comment of Python's."""
    alike = {}
    for finding, opening in zip(found, openings, strict=False):
        alike.setdefault(opening.line, (opening, []))[1].append(f"{finding.rule}: {finding.subject}")
    if alike:
        yield "Labs with these figures, each a line for a cell of any notebook of the course"
    for line, (opening, subjects) in alike.items():
        more = f", and {len(subjects) - 1:,} more" if len(subjects) > 1 else ""
        yield f"[dim]# {_comment(subjects[0])}{more}[/]"
        yield from (f"[dim]# {_comment(note)}[/]" for note in opening.notes)
        yield plain(line)


def _comment(words: str) -> str:
    return plain(words).replace("\n", " ")


def plain(words: str) -> str:
    """As it stands: neither brackets nor control characters of a key's name mean anything here, nor what cannot be encoded."""
    encoding = sys.stdout.encoding or "utf-8"
    return escape(printable(words).encode(encoding, "backslashreplace").decode(encoding))
