"""The command line: `python -m redislab audit URL`."""

import argparse
import json
import os
import sys

USAGE = """\
Looks for anti-patterns in a Redis or Valkey, or a cluster of them, without writing anything: keys without a TTL, big
keys, names, heavy prefixes, encodings past their limits, indexes that point nowhere. Each finding says why it matters
and how to mend it."""
STATUSES = """\
exit status: 0 nothing graver than a hint, 1 a warning or a danger was found, 2 the server cannot be audited.
The password is never shown. Given as an argument it can be seen by others on this machine, in a list of processes;
without URL, REDISLAB_REDIS_URL is taken. Ctrl-C ends the walk and reports what has been found so far."""
WEIGHTS = {1: ("hint", "dim"), 2: ("warning", "yellow"), 3: ("danger", "bold red")}
PATIENCE = 10.0  # s for an answer
SHOWN = 12  # patterns in the table


def main(arguments: list[str] | None = None) -> int:
    options, rest = _parser().parse_known_args(arguments)
    if rest:  # argparse would repeat them, and one may be a URL with a password
        return _cannot(
            "That is more than one URL, or an option that there is not. See python -m redislab audit --help."
        )
    if not options.url:
        return _cannot("There is no URL. Write one, redis://host:6379, or set REDISLAB_REDIS_URL.")
    import redis
    from redis.connection import parse_url

    from redislab.errors import StartError

    try:
        parse_url(options.url)
    except ValueError:  # what it says may hold the password
        return _cannot("This is not a Redis URL. Write redis://host:6379; in a password, / is %2F and : is %3A.")
    try:
        return _audit(options)
    except StartError as failure:
        return _cannot(str(failure))
    except redis.RedisError as failure:
        return _cannot(f"It cannot be audited ({failure}). May this user SCAN, and is the server still there?")
    except TypeError:
        return _cannot("This URL has an option that is not one of redis-py's connections. Check what follows its ?.")
    except KeyboardInterrupt:
        return _cannot("Given up before the first key.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m redislab", description="Redis performance, measured.")
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "audit",
        help="look for anti-patterns in a keyspace, read-only",
        description=USAGE,
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    environment = os.environ.get("REDISLAB_REDIS_URL")
    command.add_argument(
        "url", nargs="?", default=environment, help="redis://host:6379, rediss://user:password@host:port"
    )
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    command.add_argument("--sample", type=_count, metavar="N", help="look at about N keys, and say what that is worth")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of keys; write 1 or more")
    return int(text)


def _audit(options) -> int:
    from rich.console import Console

    from redislab.antipatterns import Survey, report
    from redislab.world import Server

    server = Server(options.url)
    where = f"{server.product} {server.version} at {server.host}:{server.port}"
    survey = Survey(server.client(socket_timeout=PATIENCE), sample=options.sample)
    try:
        _walk(survey, Console(stderr=True))
    except KeyboardInterrupt:
        pass  # what has been seen so far is worth a report
    found = report(survey)
    if options.json:
        print(json.dumps({"server": where} | found.as_dict(), indent=2, ensure_ascii=False))
    else:
        _show(found, where, Console())
    return 1 if found.worst >= 2 else 0


def _walk(survey, console) -> None:
    """With a bar, which is not drawn where nobody sees it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TextColumn("keys"), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        for seen, total in survey.walk():
            progress.update(task, completed=seen, total=total)


def _show(found, where: str, console) -> None:
    console.print(f"[bold]{_plain(where)}[/]: {_plain(found.basis)}", highlight=False)
    if not found.complete:
        console.print("Given up half-way.", style="yellow")
    if found.patterns:
        console.print(_patterns(found))
    if found.findings:
        console.print(_findings(found))
    elif found.seen:
        console.print("Nothing found.", style="green")


def _patterns(found):
    from rich.table import Table

    from redislab.antipatterns.audits import size

    whole = found.seen >= found.total
    table = Table(title="Keys by pattern", title_justify="left", box=None, pad_edge=False)
    table.add_column("pattern", overflow="fold")
    for heading in ("keys" if whole else "keys seen", "memory", "B a key", "without TTL"):
        table.add_column(heading, justify="right")
    for pattern, tally in found.patterns[:SHOWN]:
        average, lasting = f"{tally.memory / tally.keys:,.0f}", f"{100 * tally.lasting / tally.keys:.0f} %"
        table.add_row(_plain(pattern), f"{tally.keys:,}", size(tally.memory), average, lasting)
    if len(found.patterns) > SHOWN:
        table.add_row(f"and {len(found.patterns) - SHOWN:,} more")
    return table


def _findings(found):
    """A row for each thing to mend; where it was seen, why it matters, and the cure."""
    from rich.table import Table

    table = Table(title="Findings", title_justify="left", show_lines=True, show_header=False)
    alike = {}
    for finding in found:
        alike.setdefault((finding.weight, finding.rule, finding.why, finding.cure), []).append(finding)
    for (weight, rule, why, cure), findings in alike.items():
        word, style = WEIGHTS[weight]
        seen = "\n".join(f"[bold]{_plain(each.subject)}[/]  {_plain(each.seen)}" for each in findings)
        table.add_row(
            f"[{style}]{word}[/]\n{rule}", f"{seen}\n[dim]Why[/]   {_plain(why)}\n[dim]Mend[/]  {_plain(cure)}"
        )
    return table


def _plain(text: str) -> str:
    """As it stands: neither brackets nor control characters of a key's name mean anything here."""
    from rich.markup import escape

    return escape("".join(mark if mark.isprintable() or mark == "\n" else ascii(mark)[1:-1] for mark in text))


def _cannot(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
