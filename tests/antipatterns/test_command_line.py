"""`python -m redislab audit URL`: what it prints, what it returns, and what it never shows."""

import json
import os
import subprocess
import sys

import pytest

from redislab.world.processes import free_port

WORD = "opensesame"


def run(*arguments, **environment):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("REDISLAB_REDIS")}
    command = [sys.executable, "-m", "redislab", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**clean, "COLUMNS": "120", **environment}
    )


@pytest.fixture
def url(own, client):
    """A server on which a user needs a password, with one thing to warn of in it."""
    client.execute_command("ACL", "SETUSER", "auditor", "on", "resetpass", f">{WORD}", "~*", "+@all")
    client.set("shop:cache:1", "x")
    client.set("shop:[red]note[/]:1", "x", ex=1000)
    return f"redis://auditor:{WORD}@{own.host}:{own.port}"


def test_a_table_with_reasons_and_cures(url, own):
    said = run("audit", url)
    assert said.returncode == 1 and not said.stderr.strip()
    for text in (
        own.product,
        "All 2 keys",
        "shop:cache:*",
        "missing TTL",
        "warning",
        "Why",
        "Mend",
        "EXPIRE",
        "[red]note[/]",
    ):
        assert text in said.stdout, text
    assert WORD not in said.stdout


def test_json_for_programs(url):
    said = run("audit", url, "--json")
    report = json.loads(said.stdout)
    assert said.returncode == 1 and report["seen"] == report["total"] == 2 and report["complete"]
    missing = next(finding for finding in report["findings"] if finding["rule"] == "missing TTL")
    assert missing.keys() == {"rule", "subject", "seen", "why", "cure", "weight", "lab"} and missing["weight"] == 2
    assert {"pattern": "shop:cache:*", "keys": 1, "without_ttl": 1}.items() <= report["patterns"][0].items() | report[
        "patterns"
    ][1].items()
    assert WORD not in said.stdout + said.stderr


def test_nothing_graver_than_a_hint_is_fine(url, client):
    client.flushall()
    client.set("shop:User:1", "x")
    said = run("audit", url)
    assert said.returncode == 0 and "hint" in said.stdout
    client.flushall()
    said = run("audit", url)
    assert said.returncode == 0 and "no keys" in said.stdout


def test_a_sample_is_said_to_be_one(url, client):
    pipeline = client.pipeline(transaction=False)
    for number in range(5000):
        pipeline.set(f"shop:page:{number}", number, ex=1000)
    pipeline.execute()
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
        ("redis://auditor:{word}@{host}:{port} redis://{word}", "more than one URL"),
        ("redis://auditor:{word}@{host}:{port} --password={word}", "more than one URL, or an option"),
    ],
)
def test_what_cannot_be_audited_is_said_in_one_sentence_without_the_password(url, own, bad, why):
    said = run("audit", *bad.format(word=WORD, host=own.host, port=own.port, closed=free_port()).split())
    assert said.returncode == 2 and not said.stdout
    assert why in said.stderr and "Traceback" not in said.stderr and said.stderr.count("\n") == 1
    assert WORD not in said.stderr


def test_a_user_who_may_not_scan_is_told(url, own, client):
    client.execute_command("ACL", "SETUSER", "auditor", "-scan")
    said = run("audit", url)
    assert said.returncode == 2 and "SCAN" in said.stderr and WORD not in said.stderr


def test_an_interrupt_ends_the_walk_and_reports_what_was_found(url, client):
    # Given keys that take a while
    pipeline = client.pipeline(transaction=False)
    for number in range(150_000):
        pipeline.set(f"shop:session:{number}", number)
    pipeline.execute()
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
def interrupting(survey, page):
    add(survey, page)
    if survey.seen > 20_000:
        os.kill(os.getpid(), signal.SIGINT)
Survey._add = interrupting
sys.exit(command.main(["audit", "{url}", "--json"]))
"""


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["--help"], ["audit"]),
        (
            ["audit", "--help"],
            [
                "--json",
                "--sample",
                "exit status",
                "--match",
                "--top",
                "--limit",
                "--pause",
                "--resume",
                "3  incomplete",
                "No password is ever shown",
            ],
        ),
    ],
)
def test_help_says_what_there_is(arguments, texts):
    said = run(*arguments)
    assert said.returncode == 0 and all(text in said.stdout for text in texts)


@pytest.mark.parametrize("arguments", [[], ["audit", "--sample", "0"], ["audit", "--sample", "many"]])
def test_what_is_not_understood_is_status_2(arguments):
    said = run(*arguments)
    assert said.returncode == 2 and "usage" in said.stderr
