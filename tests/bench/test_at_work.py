"""What takes a lab's load to work: every line of redis-benchmark runs, and sends the commands that the lab is about."""

import contextlib
import re
import shutil
import subprocess

import pytest

from redislab.bench import Experiment
from redislab.bench.at_work import Load, lines, told
from redislab.lessons import LESSONS
from redislab.world import Server
from redislab.world.tls import SecureServer
from tests.conftest import needs

LOADS = {name: lab for name, lab in LESSONS.labs.items() if lab.at_work is not Experiment.at_work}
KNOBS = {  # what is tried of each lab, and the commands that it is about
    "FirstContact": [({"size": 1000}, {"get"})],
    "ClientCacheLab": [({}, {"get", "setex"}), ({"writes": 0.0}, {"get"})],
    "CountersLab": [({"method": "INCR"}, {"incr"}), ({"method": "Lua", "clients": 2}, {"eval", "incr"})],
    "PipeliningLab": [({"largest": 100}, {"setex"}), ({"command": "GET", "clients": 3}, {"get"})],
    "PoolLab": [({"connections": 4}, {"get"})],
    "ConnectionLab": [({"fresh": 100}, {"get"})],
    "LuaLab": [({"steps": 1000}, {"eval"})],
    "LargeValuesLab": [({}, {"get"}), ({"how": "SET", "size": 10_000_000, "clients": 2}, {"setex"})],
    "ProfileLab": [({}, {"hgetall", "hset", "hget"}), ({"read_all": 100.0}, {"hgetall"})],
}
TRIED = [(name, knobs, sent) for name, tries in KNOBS.items() for knobs, sent in tries]
PREFIX = "redislab:a1:tests"


def of_tool(text: str, tool: str) -> list[str]:
    """The lines that begin with a tool, or pipe a value into it."""
    return [line for line in text.splitlines() if re.match(rf"(head .*\| )?{tool} ", line)]


def shell(line: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, env=environment or None)


def sent(client, said: list[str], **environment: str) -> dict[str, int]:
    """Run the lines, a few requests of each, and count the calls of each command."""
    client.config_resetstat()
    for line in said:
        fills = " -r " in line and " -n 100000 " not in line  # then all of it is needed
        few = line if fills else re.sub(r"-n (\d+)", lambda found: f"-n {min(int(found[1]), 200)}", line)
        done = shell(few, PATH="/usr/bin:/bin:/usr/local/bin", **environment)
        assert done.returncode == 0 and "requests per second" in done.stdout, (few, done.stdout, done.stderr)
        assert "rror" not in done.stdout + done.stderr, (few, done.stdout, done.stderr)
    stats = client.info("commandstats")
    assert not [name for name, each in stats.items() if each["failed_calls"] or each["rejected_calls"]]
    return {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}


@pytest.mark.parametrize(("name", "knobs", "meant"), TRIED)
def test_each_line_of_redis_benchmark_runs_and_sends_what_is_meant(private, name, knobs, meant):
    needs("redis-benchmark")
    client = private.client()
    client.flushall()
    load = LOADS[name](**knobs).at_work()
    calls = sent(client, of_tool(lines(load, private, PREFIX), "redis-benchmark"))
    assert meant <= calls.keys() and all(calls[command] >= 10 for command in meant)
    # nothing is left outside the prefix, nor for longer than ten minutes; and what is read is there
    names = client.keys()
    assert all(name.startswith(f"{PREFIX}:") and 0 < client.ttl(name) <= 600 for name in names)
    stats = client.info("stats")
    assert "get" not in meant or stats["keyspace_hits"] > 100 * stats["keyspace_misses"]
    if load.size and names and client.type(names[0]) == "string":
        assert client.strlen(names[0]) == load.size


def test_every_lab_that_has_such_a_load_is_tried_and_the_others_say_why():
    silent = {name for name, lab in LOADS.items() if isinstance(lab().at_work(), str)}
    assert KNOBS.keys() | silent == LOADS.keys() and len(KNOBS) >= 9
    for name in silent:
        said = LOADS[name]().at_work()
        assert said.count(". ") == 0 and said.endswith((".", "Lua."))


@pytest.mark.parametrize("name", KNOBS)
def test_the_lines_follow_the_knobs(lab, name):
    experiment = LOADS[name](**KNOBS[name][0][0])
    before = told(experiment, lab)
    changed = 0
    for knob, look in experiment.knobs().items():
        if look.slides:
            with experiment.hold_trait_notifications():
                setattr(experiment, knob, look.low if getattr(experiment, knob) == look.high else look.high)
            changed += told(experiment, lab) != before
            before = told(experiment, lab)
    assert changed


def test_a_user_a_password_and_tls_are_named_and_the_password_is_not():
    needs("redis-benchmark")
    with contextlib.closing(SecureServer()) as both:
        admin = both.plain.client()
        admin.execute_command("ACL", "SETUSER", "ann'e", "reset", "on", ">opensesame", "~redislab:*", "+@all")
        scheme, _, address = str.__str__(both.secure.url).partition("://")
        server = Server(f"{scheme}://ann%27e:opensesame@{address}")
        load = Load({"GET {p}:sample:{n}": 1}, ("SETEX {p}:sample:{n} 600 {value}",), keys=9, size=7)
        text = lines(load, server, PREFIX)
        assert "opensesame" not in text and "REDIS_PASSWORD" in text and "--tls" in text
        calls = sent(admin, of_tool(text, "redis-benchmark"), REDIS_PASSWORD="opensesame")
        assert calls["get"] >= 200 and calls["setex"] >= 90


def test_a_number_of_the_database_and_a_cluster_are_named(lab, private):
    needs("redis-benchmark")
    load = Load({"GET {p}:sample:{n}": 1}, keys=9, clients=4)
    assert "--dbnum 3" in lines(load, Server(f"redis://{private.where}/3"), PREFIX)
    with contextlib.closing(lab.private_cluster(2)) as cluster:
        text = lines(load, cluster.nodes[0], PREFIX)
        clients = [cluster.node_client(node) for node in range(2)]
        calls = [sent(client, of_tool(text, "redis-benchmark"))["get"] for client in clients]
        assert all(calls) and max(calls) < 200  # each node has its part
        assert "--cluster-mode" in text and f"--key-prefix={PREFIX}:sample: " in text


@pytest.mark.parametrize(("name", "knobs", "meant"), TRIED)
def test_each_line_of_memtier_runs_and_sends_what_is_meant(private, name, knobs, meant):
    if not shutil.which("memtier_benchmark"):
        pytest.skip("memtier_benchmark is not on PATH, and Debian has no package of it")
    client = private.client()
    client.flushall()
    client.config_resetstat()
    said = of_tool(lines(LOADS[name](**knobs).at_work(), private, PREFIX), "memtier_benchmark")
    for line in said:
        done = shell(line.replace("--test-time=30", "--test-time=1"), PATH="/usr/bin:/bin:/usr/local/bin")
        assert done.returncode == 0, (line, done.stderr)
    assert not said or meant <= {each.removeprefix("cmdstat_") for each in client.info("commandstats")}
