"""The command line: `python -m redislab audit URL`, and `class FILES`."""

import argparse
import functools
import json
import math
import os
import signal
import sys
from pathlib import Path

USAGE = """\
Looks for anti-patterns in a Redis or Valkey, or a cluster of them, without writing anything: keys without a TTL, big
keys, names, heavy prefixes, encodings past their limits, indexes that point nowhere, records that may be evicted. Each
finding says why it matters, how to mend it, and which lab of the course explains it: a line for a cell of a notebook
opens it with its knobs set to what was found."""
STATUSES = """\
exit status:
  0  clean: hints at most
  1  findings: a warning or a danger
  2  could not run: the command is wrong, the server cannot be audited, or the report cannot be written
  3  incomplete: keys could not be read, a question was refused, a server was lost, slots of a cluster moved, or the walk
     was stopped by Ctrl-C or --limit; the report says what is missing, and holds what was found nevertheless. What was seen is kept in a
     file, which is named: with --resume the next run goes on from there, and reports all of it.

Ctrl-C in the first hundredths of a second, while Python itself starts, is Python's: a traceback, or status 130.

The user needs SCAN, and for each key PTTL, TYPE, OBJECT ENCODING, MEMORY USAGE and the command that counts elements,
all of which +@read allows; a cluster wants +cluster|slots and +command too. DBSIZE, INFO, CONFIG GET and EVAL_RO are
used where they are allowed; EVAL_RO halves the time. A key that may not be read leaves a line in the server's ACL LOG.

What is transferred is each name, about 40 bytes with it, and some members of sets: up to 100 of 500 sets.

No password is ever shown. In a password, write / as %2F, @ as %40, ? as %3F and # as %23. Given as an argument, a
password can be seen by others on this machine, in a list of processes; without URL, REDISLAB_REDIS_URL is taken."""
CLASS = """\
Summarises the progress files of a class, which it only reads: each question's guesses beside what was measured, exercises
passed of those tried, where people got stuck, and quizzes. Two files of one person count once."""
CLASS_STATUSES = """\
exit status:
  0  every file is in the summary
  2  could not run: the command is wrong, no file can be summarised, or the page or the report cannot be written
  3  incomplete: some files were left out; a sentence names each and says why"""
CLEAN, FOUND, FAILED, INCOMPLETE = range(4)
PATIENCE = 10.0  # s for an answer


def main(arguments: list[str] | None = None) -> int:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the program that started this
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        if hasattr(getattr(sys, name), "reconfigure"):
            getattr(sys, name).reconfigure(errors="backslashreplace")
    try:
        options, rest = _parser().parse_known_args(arguments)
        if rest:  # argparse would repeat them, and one may be a URL with a password
            return _cannot(f"{options.excess} See python -m redislab {options.command} --help.")
        return options.run(options)
    except KeyboardInterrupt:
        return _cannot("Given up.", INCOMPLETE)
    except Exception as failure:  # ours: its words are left out, as they may hold what was typed
        from traceback import extract_tb

        places = "\n".join(f"  {place.filename}:{place.lineno}" for place in extract_tb(failure.__traceback__))
        return _cannot(
            f"This is a fault of redislab ({type(failure).__name__}). Please report it with these lines.\n{places}"
        )


class _Parser(argparse.ArgumentParser):
    """Repeats nothing of what was typed: it may be a URL with a password."""

    def error(self, message: str):
        mine = message.startswith("argument --") and "'" not in message  # argparse quotes what was typed
        example = "class FILES" if self.prog.endswith("class") else "audit URL"
        said = message if mine else f"this is not understood; write python -m redislab {example}, and options after it"
        raise SystemExit(_cannot(f"{self.format_usage()}{self.prog}: error: {said}"))

    def print_help(self, file=None):
        raise SystemExit(_write(self.format_help(), CLEAN))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m redislab", description="Redis performance, measured.", allow_abbrev=False)
    add_parser = functools.partial(
        parser.add_subparsers(dest="command", required=True).add_parser,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    told = "summarise progress files: guesses, exercises, where people got stuck"
    command = add_parser("class", help=told, description=CLASS, epilog=CLASS_STATUSES)
    command.set_defaults(run=_class, excess="There is no such option.")
    add = command.add_argument
    add("files", nargs="+", metavar="FILES", help="what learners have downloaded from progress()")
    add("--html", metavar="FILE", help="also write a page to show, which needs no network")
    add("--names", action="store_true", help="also a row for each file, by its name")

    told = "look for anti-patterns in a keyspace, read-only"
    command = add_parser("audit", help=told, description=USAGE, epilog=STATUSES)
    command.set_defaults(run=_audit, excess="That is more than one URL, or an option that there is not.")
    add, default = command.add_argument, os.environ.get("REDISLAB_REDIS_URL")
    add("url", nargs="?", default=default, help="redis://host:6379, rediss://user:password@host:port, unix:///socket")
    add("--json", action="store_true", help="print the report as JSON")
    told = "print, instead of the report, a text in Markdown for a ticket on each finding"
    add("--ticket", action="store_true", help=told)
    add("--sample", type=_count, metavar="N", help="look at about N keys, and say what that is worth")
    add("--match", default="*", metavar="GLOB", help="look only at keys whose names match, such as 'shop:*'")
    add("--top", type=_count, default=0, metavar="N", help="also list the N largest keys, and the node that each is on")
    add("--limit", type=_count, metavar="N", help="stop after about N keys, and print how to go on")
    add("--pause", type=_seconds, default=0, metavar="S", help="leave the server alone for S seconds after each 3 ms")
    add("--resume", metavar="FILE", help="go on with a walk that was stopped, which named this file")
    return parser


def _class(options) -> int:
    from redislab.lessons import LESSONS
    from redislab.study.class_report import page, text
    from redislab.study.classroom import Class

    if options.html and any(Path(options.html).resolve() == Path(file).resolve() for file in options.files):
        return _cannot("The file after --html is one of those to be read. Name another one.")
    them = Class(LESSONS, options.files)
    for sentence in them.skipped:
        _complain(sentence)
    if not them.learners:
        return _cannot("There is nothing to summarise.")
    if options.html:
        try:
            Path(options.html).write_text(page(them, options.names), encoding="utf-8")
        except OSError as failure:
            return _cannot(f"The page could not be written ({failure.strerror}).")
    return _write(text(them, options.names), INCOMPLETE if them.skipped else CLEAN)


def _count(text: str) -> int:
    if not (text.isdecimal() and len(text) < 16 and int(text)):
        raise argparse.ArgumentTypeError("write a number of keys, 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("write seconds, from 0 to 3600")
    return seconds


def _audit(options) -> int:
    import redis

    from redislab.antipatterns import Survey, report
    from redislab.errors import RedislabError
    from redislab.keys.replies import UNREACHABLE
    from redislab.world.servers import Server

    if not options.url:
        return _cannot("There is no URL. Write one, redis://host:6379, or set REDISLAB_REDIS_URL.")
    try:
        server = Server(options.url, any_version=True)
        wanted = {name: getattr(options, name) for name in ("sample", "match", "limit", "pause", "top")}
        survey = Survey(server.client(socket_timeout=PATIENCE), **wanted, resume=_read(options.resume))
        _walk(survey)
    except RedislabError as failure:
        return _cannot(str(failure))
    except redis.ResponseError as failure:
        return _cannot(f"It cannot be audited ({server.hide(failure)}). It takes SCAN at least; --help says what else.")
    except UNREACHABLE as failure:
        return _cannot(f"It cannot be audited ({server.hide(failure)}). Is the server still there?")
    found = report(survey)
    said = _said(found, server.name, options)
    verdict = (FOUND if found.worst >= 2 else CLEAN) if found.complete else INCOMPLETE
    status = _write(said, verdict)
    if not survey.finished:
        _complain(_keep(survey, options.resume) if survey.met else "Nothing was seen.")
    elif options.resume and status == verdict:
        os.unlink(options.resume)
    return status


def _said(found, server: str, options) -> str:
    """The report, each finding with the lab that shows it."""
    from redislab.antipatterns.printed import text
    from redislab.antipatterns.ticket import ticket

    if found.findings:
        from redislab.lessons.anti_patterns.clinic.openings import opening
    openings = [opening(finding) for finding in found]
    tickets = [ticket(each, server, lab.line) for each, lab in zip(found, openings, strict=True)]
    if options.ticket:
        return "\n".join(tickets)
    if not options.json:
        return text(found, server, openings)
    said = {"server": server} | found.as_dict()
    for each, lab, words in zip(said["findings"], openings, tickets, strict=True):
        each |= {"opens": lab.line, "notes": lab.notes, "ticket": words}
    return json.dumps(said, indent=2) + "\n"


def _read(path: str | None) -> dict | None:
    """A walk that was stopped. Its path is not repeated: it may be a URL with a password."""
    from redislab.errors import ResumeError

    try:
        if path is None or os.path.isfile(path):
            return path and (json.loads(Path(path).read_text("utf-8")) or {})
        why = "there is no such file"
    except OSError as failure:
        why = failure.strerror
    except (ValueError, RecursionError):
        why = "it is something else"
    raise ResumeError(f"After --resume write the file that was named when the walk was stopped ({why}).")


def _keep(survey, path: str | None) -> str:
    """Write what was seen into a file that only this user may read, and say how to go on with it."""
    import shlex
    import tempfile

    file, folder = None, path and os.path.dirname(os.path.abspath(path))
    try:
        with tempfile.NamedTemporaryFile("w", prefix="redis-audit-", suffix=".json", dir=folder, delete=False) as file:
            json.dump(survey.saved(), file)
        if path:
            os.replace(file.name, path)
    except OSError as failure:
        if file:
            os.unlink(file.name)
        return f"What was seen could not be kept for another run ({failure.strerror})."
    return f"To go on, run it again with --resume {shlex.quote(path or file.name)}"


def _walk(survey) -> None:
    """Until Ctrl-C, which leaves what has been seen so far: that is worth a report."""
    from redislab.antipatterns.printed import Progress

    progress = Progress(sys.stderr, survey.met)
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for met, total in survey.walk():
            progress(met, total)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGINT, former)
        progress.close()


def _write(text: str, status: int) -> int:
    """Print it, and return the status; a closed pipe is no error, and a full disk is said."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    except OSError as failure:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _cannot(f"The report could not be written ({failure.strerror}).")
    return status


def _cannot(why: str, status: int = FAILED) -> int:
    _complain(why)
    return status


def _complain(words: str) -> None:
    from redislab.keys.naming import printable  # some of them may be the server's

    try:
        print(printable(words), file=sys.stderr, flush=True)
    except OSError:
        pass  # there is no reader
