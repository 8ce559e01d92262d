"""`python -m redislab audit URL`: what it prints, what it returns, and what it never shows."""

import contextlib
import io
import json
import os
import pty
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest import mock

import pytest
import redis

from redislab import command
from redislab.antipatterns import Survey, report
from redislab.world import processes
from redislab.world.cluster import Cluster
from redislab.world.lab import first
from redislab.world.processes import free_port
from tests.antipatterns.conftest import filled
from tests.conftest import have, settles

WORD = "opensesame"
PYTHON = f"{sys.executable} -m redislab"


def environ(**more) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("REDISLAB_REDIS")}
    return {**clean, "COLUMNS": "120", **more}


def run(*arguments, **environment) -> subprocess.CompletedProcess:
    """What the command says and returns, without a process of its own, which would take a second."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environ(**environment), clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            status = command.main([*arguments])
        except SystemExit as end:
            status = end.code
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def run_by_itself(*arguments, text=True, **environment) -> subprocess.CompletedProcess:
    command = [*PYTHON.split(), *arguments]
    return subprocess.run(command, capture_output=True, text=text, timeout=60, env=environ(**environment))


def shell(command):
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)


@pytest.fixture
def url(own, client):
    """A server on which a user needs a password, with one thing to warn of in it."""
    client.execute_command("ACL", "SETUSER", "auditor", "on", "resetpass", f">{WORD}", "~*", "+@all")
    client.set("shop:cache:1", "x")
    client.set("shop:[red]note[/]:1", "x", ex=1000)
    return f"redis://auditor:{WORD}@{own.host}:{own.port}"


def test_a_table_with_reasons_and_cures(url, own):
    said = run_by_itself("audit", url)
    assert said.stdout == run("audit", url).stdout
    assert said.returncode == 1 and not said.stderr.strip()
    texts = "All 2 keys|shop:cache:*|missing TTL|warning|Why|Mend|EXPIRE|[red]note[/]".split("|")
    for text in (own.product, *texts):
        assert text in said.stdout, text
    assert WORD not in said.stdout


def test_json_for_programs(url):
    said = run("audit", url, "--json")
    report = json.loads(said.stdout)
    assert said.returncode == 1 and report["seen"] == report["total"] == 2 and report["complete"]
    missing = next(finding for finding in report["findings"] if finding["rule"] == "missing TTL")
    names = "rule subject seen why cure weight lab opens figures notes check ticket"
    assert missing.keys() == {*names.split()} and missing["weight"] == 2
    row = next(row for row in report["patterns"] if row["pattern"] == "shop:cache:*")
    assert row["keys"] == row["without_ttl"] == 1 and row["percentiles"]["p50"] == row["bytes"] > 0
    assert WORD not in said.stdout + said.stderr


@pytest.mark.parametrize("columns", [0, 1, 5, 20])
def test_a_narrow_terminal_loses_no_word(url, ill, columns):
    narrow, wide = (run("audit", url, COLUMNS=str(width)).stdout for width in (columns, 300))
    for word in ("missing TTL", "Largest", "Findings", "EXPIRE"):
        assert (word in narrow) == (word in wide)


def test_nothing_graver_than_a_hint_is_fine(url, client):
    client.flushall()
    client.set("shop:User:1", "x")
    said = run("audit", url)
    assert said.returncode == 0 and "hint" in said.stdout
    client.flushall()
    said = run("audit", url)
    assert said.returncode == 0 and "no keys" in said.stdout


def test_a_sample_is_said_to_be_one(url, client):
    filled(client, "shop:page:", 5000)
    said = run("audit", url, "--sample", "500")
    assert "of 5,002 keys looked at" in said.stdout and "±" in said.stdout and "keys seen" in said.stdout


def test_without_a_url_it_takes_that_of_the_environment(url):
    assert run("audit", REDISLAB_REDIS_URL=url).returncode == 1
    said = run("audit")
    assert said.returncode == 2 and "REDISLAB_REDIS_URL" in said.stderr


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("redis://auditor:{word}x@{host}:{port}", "refused the user or password"),
        ("redis://auditor:{word}@{host}:{closed}", "No Redis can be reached"),
        ("redis://auditor:{word}/1@{host}:{port}", "not a Redis URL"),
        ("redis://auditor:{word}[@{host}:{port}", "not a Redis URL"),
        ("http://auditor:{word}@{host}:{port}", "not a Redis URL"),
        ("auditor:{word}@{host}:{port}", "not a Redis URL"),
        ("redis://auditor:{word}@{host}:{port}?colour={word}", "an option"),
        ("redis://auditor:{word}@{host}:{port}?db={word}", "not a Redis URL"),
        ("redis://auditor:{word}@{host}:{port}?retry=3", "an option"),
        ("redis://auditor:{word}@{host}:{port}?command_packer=1", "an option"),
        ("redis://auditor:{word}@{host}:{port}?encoding=nonsense", "an option"),
        ("redis://auditor:{word}@{host}:0", "not a Redis URL"),
        ("unix://auditor:{word}@", "not a Redis URL"),
        (f"redis://auditor:{{word}}@{'x' * 300}:6379", "no such host"),
        ("redis://auditor:{word}@[::1]:{closed}", "at [::1]:"),
        ("redis://auditor:{word}@{host}:{port} redis://{word}", "more than one URL"),
        ("redis://auditor:{word}@{host}:{port} --password={word}", "more than one URL, or an option"),
    ],
)
def test_what_cannot_be_audited_is_said_in_one_sentence_without_the_password(url, own, bad, why):
    said = run("audit", *bad.format(word=WORD, host=own.host, port=own.port, closed=free_port()).split())
    assert said.returncode == 2 and not said.stdout
    assert why in said.stderr and "Traceback" not in said.stderr and said.stderr.count("\n") == 1
    assert WORD not in said.stderr


@pytest.mark.parametrize(
    "answer", [b"+OK\r\n", b":1\r\n", b"*0\r\n", b"-ERR \x1b[2J\xc2\x9b31m\r\n", b"HTTP/1.1 400 Bad\r\n"]
)
def test_what_is_no_redis_is_said_and_does_nothing_to_the_terminal(answer):
    # Given what answers the same whatever it is asked
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                with server.accept()[0] as connection, contextlib.suppress(OSError):
                    while connection.recv(65_536):
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        said = run("audit", f"redis://127.0.0.1:{server.getsockname()[1]}")
    assert said.returncode == 2 and not said.stdout and said.stderr.count("\n") == 1
    assert said.stderr.rstrip().isprintable()


def test_a_user_who_may_not_scan_is_told(url, own, client):
    client.execute_command("ACL", "SETUSER", "auditor", "-scan")
    said = run("audit", url)
    assert said.returncode == 2 and "SCAN" in said.stderr and WORD not in said.stderr


def test_an_interrupt_ends_the_walk_and_reports_what_was_found(url, client):
    # Given keys that take a while
    filled(client, "shop:session:", 150_000, ttl=None)
    code = INTERRUPTED.format(url=url)
    # If it is interrupted on the way
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    # Expect a report on what had been seen
    report = json.loads(said.stdout)
    assert said.returncode == 3 and "Traceback" not in said.stderr
    assert not report["complete"] and 0 < report["seen"] < 150_000
    assert "shop:session:*" in {finding["subject"] for finding in report["findings"]}


INTERRUPTED = """
import os, signal, sys
from redislab import command
from redislab.antipatterns import Survey
add = Survey._add
def interrupting(survey, *page):
    add(survey, *page)
    if survey.seen > 20_000:
        os.kill(os.getpid(), signal.SIGINT)
Survey._add = interrupting
sys.exit(command.main(["audit", "{url}", "--json"]))
"""


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        ("--help", "audit"),
        (
            "audit --help",
            "--json|--sample|exit status|--match|--top|--limit|--pause|--resume|3  incomplete|No password is ever shown",
        ),
    ],
)
def test_help_says_what_there_is(arguments, texts):
    said = run(*arguments.split())
    assert said.returncode == 0 and all(text in said.stdout for text in texts.split("|"))


@pytest.mark.parametrize("arguments", [[], ["audit", "--sample", "0"], ["audit", "--sample", "many"]])
def test_what_is_not_understood_is_status_2(arguments):
    said = run(*arguments)
    assert said.returncode == 2 and "usage" in said.stderr


# What a crash must not look like


@pytest.mark.parametrize(
    ("encoding", "options"),
    [("ascii", []), ("ascii", ["--json"]), ("ascii", ["--top", "3"]), ("cp1252", []), ("utf-8", [])],
)
def test_any_terminal_can_show_any_name(url, client, encoding, options):
    client.set("shop:cache:\U0001f600é", "x" * 200_000)
    said = run_by_itself("audit", url, *options, text=False, PYTHONIOENCODING=encoding)
    assert said.returncode == 1 and not said.stderr.strip()
    shown = said.stdout.decode(encoding)
    if "--json" in options:
        patterns = {row["pattern"] for row in json.loads(shown)["patterns"]}
        assert any("\U0001f600" in pattern for pattern in patterns)
    else:
        assert ("\U0001f600" if encoding == "utf-8" else "\\U0001f600") in shown


@pytest.mark.parametrize("options", ["", "--json", "--help"])
def test_a_reader_who_leaves_early_is_no_error(url, options):
    said = shell(f"{PYTHON} audit {url} {options} | head -c 1; echo ${{PIPESTATUS[0]}}")
    assert said.stderr == "" and said.stdout[1:].strip() == ("0" if options == "--help" else "1")


@pytest.mark.parametrize("options", ["", "--json", "--help"])
def test_a_full_disk_is_said(url, options):
    said = shell(f"{PYTHON} audit {url} {options} > /dev/full")
    assert said.returncode == 2 and said.stderr == "The report could not be written (No space left on device).\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "2>/dev/full"])
def test_closed_streams_change_nothing(url, closed):
    assert shell(f"{PYTHON} audit {url} {closed}").returncode == 1
    said = shell(f"{PYTHON} audit redis://127.0.0.1:1 {closed}")
    assert said.returncode == 2 and not said.stdout


def test_an_interrupt_before_the_first_key_ends_in_a_sentence():
    # Given a server that does not answer, as soon as the audit has reached it
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [*PYTHON.split(), "audit", address], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        connection.close()
    assert (process.returncode, out, err) == (3, "", "Given up.\n")


def test_what_an_interrupt_does_is_settled_before_anything_is_loaded():
    code = "import sys; sys.argv = ['x', 'audit']; sys.modules['redislab.command'] = None; before = set(sys.modules)\n"
    code += "import runpy, _signal\ntry: runpy.run_module('redislab', run_name='__main__')\nexcept ImportError: pass\n"
    code += "print(_signal.getsignal(_signal.SIGINT).__name__, sorted(set(sys.modules) - before - {'runpy'}))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert said.stdout.startswith("_give_up"), said
    assert not {"argparse", "json", "signal", "enum", "redis"} & set(re.findall(r"'(\w+)'", said.stdout))


def test_an_audit_loads_nothing_of_the_course():
    said = shell(f"{sys.executable} -X importtime -m redislab audit redis://127.0.0.1:1")
    loaded = set(re.findall(r"\| +([\w.]+)$", said.stderr, re.M))
    assert said.returncode == 2 and "redislab.antipatterns" in loaded
    above = re.compile(r"redislab\.(bench|screen|study|lessons)|ipywidgets|anywidget|plotly|IPython|pandas")
    assert not [name for name in loaded if above.match(name)]


# Secrets

FORGOTTEN = (
    "{url} audit|audti {url}|audit --sample {url}|audit --match|audit --jsom={word} {url}|audit --top={word} {url}"
)
MALFORMED = """redis://auditor:4711/{word}@127.0.0.1:{port}|redis://auditor:{word}/x@127.0.0.1:{port}|redis://{word}
redis://:12/{word}@127.0.0.1:{port}|redis://:{word}?x@127.0.0.1:{port}|redis://:{word}#x@127.0.0.1:{port}
redis://:{word}[x@127.0.0.1:{port}|redis://127.0.0.1:{word}|redis://127.0.0.1:{port}/{word}|unix://u:{word}/x@/no.sock
unix://u:{word}@/no.sock|rediss://:{word}@127.0.0.1:{port}|redis://{word}:{port}|redis://a:{word}@nohost.invalid
redis://a:{word}@a..b:{port}|redis://127.0.0.1:{port}?{word}=1|redis://127.0.0.1:{port}?socket_keepalive_options={word}
redis://a:{word}@127.0.0.1:{port}?event_dispatcher={word}|redis://127.0.0.1:{port}?encoding=latin-1&client_name={word}"""


@pytest.mark.parametrize("words", FORGOTTEN.split("|"))
def test_a_command_that_is_not_understood_is_not_repeated(url, words):
    said = run(*words.format(url=url, word=WORD).split())
    assert said.returncode == 2 and "Traceback" not in said.stderr
    assert WORD not in said.stdout + said.stderr


@pytest.mark.parametrize("bad", MALFORMED.replace("\n", "|").split("|"))
def test_a_url_that_is_none_is_not_repeated(own, bad):
    address = bad.format(word=WORD, port=own.port)
    said = run("audit", address)
    assert said.returncode == 2 and "Traceback" not in said.stderr and said.stderr.count("\n") == 1
    assert WORD not in said.stdout + said.stderr
    if "@" in address.partition("://")[2].partition("/")[2] and "unix" not in address:
        assert "write / as %2F" in said.stderr


def test_a_server_that_repeats_what_it_does_not_understand_is_not_quoted(lab, tmp_path):
    (tmp_path / "old.conf").write_text('rename-command HELLO ""\nrename-command AUTH ""\n')
    server = (
        processes.local(include=tmp_path / "old.conf") if shutil.which("redis-server") else pytest.skip("no server")
    )
    try:
        said = run("audit", f"redis://auditor:{WORD}@127.0.0.1:{server.port}")
    finally:
        server.close()
    assert said.returncode == 2 and WORD not in said.stderr and "AUTH" in said.stderr


def test_what_was_not_foreseen_is_no_finding_and_says_where_it_was(url):
    # Given a fault of ours, whose words hold what was typed
    with mock.patch("redislab.antipatterns.report", side_effect=LookupError(url)):
        said = run("audit", url)
    assert said.returncode == 2 and "LookupError" in said.stderr and "command.py:" in said.stderr
    assert WORD not in said.stderr and "Traceback" not in said.stderr


# What can be chosen


def test_the_largest_keys_with_the_node_of_each(url, own, client):
    for number in range(20):
        client.set(f"shop:page:{number}", "x" * 1000 * number, ex=1000)
    said = run("audit", url, "--top", "3", "--json")
    report = json.loads(said.stdout)
    assert [each["key"] for each in report["top"]] == [f"shop:page:{number}" for number in (19, 18, 17)]
    assert {each["node"] for each in report["top"]} == {f"{own.host}:{own.port}"}
    assert [each["bytes"] for each in report["top"]] == [client.memory_usage(each["key"]) for each in report["top"]]
    assert "Largest keys" in run("audit", url, "--top", "3").stdout


def test_only_the_names_that_match(url, client):
    said = run("audit", url, "--match", "shop:cache:*", "--json")
    report = json.loads(said.stdout)
    assert report["seen"] == report["total"] == 1 and report["complete"] and "match shop:cache:*" in report["basis"]
    said = run("audit", url, "--match", "nothing:*")
    assert said.returncode == 0 and "no keys that match nothing:*" in said.stdout


@pytest.fixture
def many(client):
    """20,000 keys more."""
    filled(client, "shop:page:", 20_000)


def test_a_walk_that_was_stopped_goes_on_where_it_was_stopped(url, many):
    seen, options, said = [0], [], None
    while len(seen) < 20:
        said = run("audit", url, "--json", "--limit", "5000", *options)
        report = json.loads(said.stdout)
        seen.append(report["seen"])
        if report["complete"]:
            break
        assert said.returncode == 3 and seen[-1] >= seen[-2] + 5000
        _, path = options = shlex.split(said.stderr.split("run it again with ")[1])
        assert WORD not in said.stderr + Path(path).read_text() and os.stat(path).st_mode & 0o077 == 0
    # Expect the last one to report all of it, and to leave nothing behind
    assert 3 < len(seen) < 7 and seen[-1] == 20_002 and said.returncode in (0, 1) and not said.stderr
    assert report["patterns"] == json.loads(run("audit", url, "--json").stdout)["patterns"]
    assert not os.path.exists(path)


@pytest.mark.parametrize("file", ["", "none.json", ".", "/dev/zero", "word.json", "null.json", "deep.json", "{url}"])
def test_what_is_no_walk_that_was_stopped_is_said(url, tmp_path, file):
    (tmp_path / "word.json").write_text(WORD)
    (tmp_path / "null.json").write_text("null")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    said = run("audit", url, "--resume", file.format(url=url) if "{" in file else str(tmp_path / file))
    assert said.returncode == 2 and said.stderr.count("\n") == 1 and "walk" in said.stderr and not said.stdout
    assert WORD not in said.stderr


def test_a_walk_that_cannot_be_kept_is_reported_all_the_same(url, many):
    said = shell(f"ulimit -f 0; {PYTHON} audit {url} --limit 5000")
    assert said.returncode == 3 and "5," in said.stdout and "could not be kept" in said.stderr, said


@pytest.mark.parametrize(
    "option", ["--pause=-1", "--pause=nan", "--limit=0", f"--limit={10**22}", f"--top={'9' * 5000}"]
)
def test_what_cannot_be_chosen_is_said(url, option):
    said = run("audit", url, option)
    assert said.returncode == 2 and "error: argument --" in said.stderr and "write" in said.stderr


def test_a_pause_leaves_the_server_alone(url, many):
    began = time.monotonic()
    said = run("audit", url, "--json", "--pause", "0.2", "--limit", "5000")
    pages = json.loads(said.stdout)["seen"] / 1500  # at most, in 2.5 ms
    assert time.monotonic() - began > 0.2 * (pages - 2)


def test_progress_and_what_is_left_are_told_to_a_terminal(url, many):
    # Given a terminal, for errors alone
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    command = [*PYTHON.split(), "audit", url, "--pause", "0.1", "--limit", "15000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower, env=environment) as process:
        os.close(follower)
        told = b""
        with contextlib.suppress(OSError):  # the other end was closed
            while piece := os.read(leader, 1000):
                told += piece
        process.stdout.read()
    os.close(leader)
    assert re.search(rb"Read [\d,]+ of about 15,000 keys, [\d,]+ a second, about [\d,]+ s left", told), told


# Where it is asked


@pytest.fixture
def two_processes():
    """Two servers that reach each other, as two containers do not."""
    servers = [processes.bundled(), processes.bundled()]
    yield servers
    for each in servers:
        each.close()


def test_a_replica_can_be_audited_and_is_called_one(two_processes):
    primary, replica = two_processes
    client = replica.client()
    client.replicaof(primary.host, primary.port)
    primary.client().set("shop:cache:1", 1)
    assert not settles(lambda: client.exists("shop:cache:1") == 0)
    said = run("audit", f"redis://{replica.host}:{replica.port}")
    assert said.returncode == 1 and "(a replica)" in said.stdout and "shop:cache:*" in said.stdout


def test_a_socket_is_called_by_its_path(tmp_path):
    path = tmp_path / "redis.sock"
    with contextlib.closing(processes.bundled(unixsocket=path)):
        said = run("audit", f"unix://{path}")
        assert said.returncode == 0 and f"at {path}:" in " ".join(said.stdout.split()) and "6379" not in said.stdout


@pytest.mark.parametrize("start", [processes.local, processes.bundled], ids=["redis", "valkey"])
def test_a_server_that_knows_neither_hello_nor_scripts(start, tmp_path):
    have("local" if start is processes.local else "bundled")
    (tmp_path / "old.conf").write_text('rename-command HELLO ""\nrename-command EVAL_RO ""\n')
    with contextlib.closing(start(include=tmp_path / "old.conf")) as server:
        admin = redis.Redis(port=server.port, protocol=2)
        admin.execute_command("ACL", "SETUSER", "auditor", "on", f">{WORD}", "~*", "+@read")
        admin.set("shop:cache:1", 1)
        for address in (f"redis://127.0.0.1:{server.port}", f"redis://auditor:{WORD}@127.0.0.1:{server.port}"):
            said = run("audit", address)
            assert said.returncode == 1 and "All 1 keys" in said.stdout and not said.stderr, said


def test_a_cluster_that_announces_what_cannot_be_reached_names_it():
    closed = free_port()
    node, _ = first(
        ("local", "bundled"),
        report=print,
        config={"cluster_enabled": "yes", "cluster_port": free_port(), "cluster_announce_port": closed},
    )
    try:
        admin = redis.Redis(port=node.port, decode_responses=True)
        admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        assert not settles(lambda: admin.execute_command("CLUSTER INFO")["cluster_state"] != "ok")
        said = run("audit", node.url)
    finally:
        node.close()
    assert said.returncode == 2 and f":{closed}" in said.stderr and said.stderr.count("\n") == 1
    assert "announce" in said.stderr


# All or nothing


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_what_was_seen_of_a_server_that_is_lost_is_reported(lab, options):
    # Given a server that is killed when the audit has read a little of it
    server = lab.private_server()
    client = server.client(socket_timeout=20)
    filled(client, "shop:session:", 30_000, ttl=None)
    client.config_resetstat()
    command = [*PYTHON.split(), "audit", f"redis://{server.host}:{server.port}", "--pause", "0.2", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert not settles(lambda: client.info("commandstats").get("cmdstat_eval_ro", {"calls": 0})["calls"] < 3)
    server.kill()
    out, err = process.communicate(timeout=60)
    # Expect what it had read, and that it is not all
    assert process.returncode == 3 and "Traceback" not in err
    assert "lost on the way" in " ".join(out.split()) and "shop:session:*" in out and "missing TTL" in out


def test_of_a_cluster_the_other_nodes_are_reported(request):
    have("local")
    cluster = Cluster(3)
    request.addfinalizer(cluster.close)
    client = cluster.client()
    for number in range(600):
        client.set(f"shop:page:{number}", number, ex=1000)
    there = [cluster.node_client(place).dbsize() for place in range(3)]
    survey = Survey(client)
    cluster.nodes[1].kill()
    assert list(survey.walk())
    found = report(survey)
    assert found.seen == there[0] + there[2] and not found.complete
    assert list(survey.lost) == [f"127.0.0.1:{cluster.nodes[1].port}"]
    # and it goes on with that one alone, and keeps the others
    left = Survey(client, resume=survey.saved())
    assert list(left.walk()) == [] and left.lost.keys() == survey.lost.keys()
    assert report(left).seen == found.seen and not report(left).complete


@pytest.fixture
def ill(client):
    """A shop with something for every audit but the two on eviction."""
    filled(client, "shop:session:", 1200, "x" * 100, ttl=None)
    filled(client, "shop:id:", 60)
    pipeline = client.pipeline(transaction=False)
    for number in range(60):
        pipeline.hset(f"shop:review:{number}", mapping={"stars": 5, "text": "word " * 60})
    pipeline.set("shop:export:1", "x" * 20_000_000)
    pipeline.rpush("shop:log:orders", *range(20_000))
    pipeline.sadd("shop:picks:today", "shop:session:1", *(f"shop:session:9{number}" for number in range(9999, 10_009)))
    pipeline.set("shop:x`*_y_[](a)<b>|:\x1b\n'\"\\ 1", 1)
    pipeline.execute()
    return client


def test_every_finding_opens_its_lab_with_the_figures_that_were_found(url, ill):
    import redislab

    answer = run("audit", url)
    lines = [line for line in answer.stdout.splitlines() if line.startswith("panel(")]
    # Given each line in a cell of a notebook, in which `panel` shows what it is given
    opened = [eval(line, {"labs": redislab.labs, "panel": lambda experiment: experiment}) for line in lines]
    knobs = {type(experiment).__name__: experiment.settings() for experiment in opened}
    assert knobs["MissingTtlsLab"]["with_ttl"] == 0 and knobs["MissingTtlsLab"]["policy"] == "noeviction"
    assert (knobs["ComplexityLab"]["largest"], knobs["ComplexityLab"]["structure"]) == (20_000, "list")
    assert knobs["LargeValuesLab"]["size"] == 10_000_000  # the lab's end
    assert "the lab goes to 10,000,000 B" in answer.stdout
    assert knobs["IndexLab"]["rtt"] < 10 and knobs["EncodingsLab"]["value"] == 80
    assert knobs["KeyspaceLab"]["keys"] == 1400 and "your 1,326; the nearest stop is 1,400" in answer.stdout
    assert any(experiment.settings().get("key", "").endswith("'\"\\ 1") for experiment in opened)
    # and the same as JSON
    found = json.loads(run("audit", url, "--json").stdout)["findings"]
    assert {line.partition("rtt")[0] for line in lines} == {finding["opens"].partition("rtt")[0] for finding in found}
    assert all(finding["figures"] and finding["check"] and finding["ticket"] for finding in found)


def test_a_ticket_on_each_finding_says_names_as_they_are_and_no_password(url, own, ill):
    from markdown_it import MarkdownIt

    answer = run("audit", url, "--ticket")
    assert answer.returncode == 1 and WORD not in answer.stdout + answer.stderr
    # Given what a tracker makes of it: no name has become a list, a link, or a tag
    blocks = MarkdownIt().parse(answer.stdout)
    assert {block.type for block in blocks} == {
        "heading_open",
        "inline",
        "heading_close",
        "paragraph_open",
        "paragraph_close",
    }
    words = [child for block in blocks for child in block.children or ()]
    assert {child.type for child in words} <= {"text", "strong_open", "strong_close", "code_inline", "text_special"}
    said = ["".join(child.content for child in block.children) for block in blocks if block.type == "inline"]
    found = json.loads(run("audit", url, "--json").stdout)["findings"]
    assert len([block for block in blocks if block.type == "heading_open"]) == len(found)
    for finding in found:
        if finding["rule"] != "dangling index":  # whose members are looked at by chance
            assert any(
                finding["seen"] in words and own.where in words and finding["subject"] in words for words in said
            )
        opens = finding["opens"].partition("rtt")[0]  # which is measured each time
        assert any(finding["check"] in words for words in said) and any(opens in words for words in said)
