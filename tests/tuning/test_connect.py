"""A client with every setting chosen: each of them is there, and does what its reason says."""

import contextlib
import math
import threading
import time
import traceback

import pytest
import redis

from redislab.lessons.performance_tuning.as_in_the_module import module_connect
from redislab.tuning import Settings, connect, settings_of
from redislab.world.lab import first
from tests.conftest import settles


@pytest.fixture
def opened():
    made = []

    def open_(client):
        made.append(client)
        return client

    yield open_
    for client in made:
        client.close()


def test_each_setting_reaches_the_connection(lab, opened):
    client = opened(connect(lab.server.url, Settings(client_name="tuned", socket_timeout=0.7)))
    assert client.client_getname() == "tuned"
    connection = client.connection_pool.get_connection()
    assert (connection.socket_timeout, connection.health_check_interval) == (0.7, 30.0)
    assert connection.socket_keepalive and connection.socket_keepalive_options
    assert connection.retry.get_retries() == 0
    client.connection_pool.release(connection)


def test_what_a_client_was_given_is_read_off_it(lab, opened):
    given = Settings(max_connections=7, timeout=0.5, socket_timeout=0.4, retries=2, protocol=2)
    told = settings_of(opened(connect(lab.server.url, given)))
    assert told == {name: getattr(given, name) for name in told}
    assert settings_of(redis.Redis())["timeout"] is None  # it raises
    assert settings_of(redis.Redis())["retries"] == redis.Redis().get_retry().get_retries()


def test_what_is_said_besides_goes_to_the_client_as_it_is(lab, opened):
    assert opened(connect(lab.server.url, decode_responses=False)).echo("text") == b"text"


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_connections": 0},
        {"max_connections": math.inf},
        {"retries": -1},
        {"timeout": 0},
        {"socket_timeout": math.nan},
        {"socket_connect_timeout": -1},
    ],
)
def test_settings_that_cannot_be_are_refused_at_the_door(lab, wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} = .* does not work: choose"):
        connect(lab.server.url, Settings(**wrong))


def test_what_the_url_says_overrides_the_settings(lab, opened):
    client = opened(connect(f"{lab.server.url}/3?max_connections=5&timeout=2&socket_timeout=0.7"))
    pool = client.connection_pool
    assert client.ping() and (pool.max_connections, pool.timeout) == (5, 2.0)
    assert (pool.connection_kwargs["db"], pool.connection_kwargs["socket_timeout"]) == (3, 0.7)


@pytest.mark.parametrize(
    "end",
    [
        "/abc",
        "/-1",
        "?db=abc",
        "?max_connections=0",
        "?timeout=-1",
        "?max_connections=x",
        "/0/abc",
        "/٣",
        "#0",
        "/0?client_name=a@b",
    ],
)
def test_a_url_that_redis_py_would_read_otherwise_is_refused(lab, end):
    with pytest.raises(ValueError, match=r"database is a number|does not work|Invalid value"):
        connect(f"{lab.server.url}{end}")


@pytest.mark.parametrize(
    "wrong",
    ["a:{}/x@{}", "a:1/{}@{}", "a:{}?x@{}", "a:{}#x@{}", "[{}]@{}", "a:[{}@{}", "{1}:{0}", "{1}/{0}", "h:{0}/0"],
)
def test_a_url_that_is_refused_is_not_repeated(lab, wrong):
    with pytest.raises(ValueError, match="write / as %2F") as refusal:
        connect("redis://" + wrong.format("opensesame", f"{lab.server.host}"))
    said = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value.__context__)
    assert "opensesame" not in said.replace('"opensesame"', "")


def test_a_unix_socket_is_reached(opened, tmp_path):
    server, _ = first(("local", "bundled"), report=print, config={"unixsocket": f"{tmp_path}/s"})
    client = opened(connect(f"unix://{tmp_path}/s?db=2", Settings(client_name="near")))
    assert client.ping() and client.client_getname() == "near"
    assert client.client_info()["db"] == 2
    server.close()


def borrowed_by_all(client, threads: int = 8) -> list:
    """What goes wrong when that many threads want a connection at once, and keep it for a moment."""
    together, failures = threading.Barrier(threads), []

    def borrow():
        together.wait()
        try:
            client.blpop("redislab:nothing", timeout=0.1)
        except redis.RedisError as failure:
            failures.append(failure)

    pool = [threading.Thread(target=borrow) for _ in range(threads)]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    return failures


def test_a_full_pool_waits_where_the_modules_raises(lab, opened):
    patient = opened(connect(lab.server.url, Settings(max_connections=2, timeout=10)))
    hasty = opened(module_connect(lab.server.host, lab.server.port, max_connections=2))
    assert borrowed_by_all(patient) == []
    failures = borrowed_by_all(hasty)
    assert failures and {type(failure) for failure in failures} == {redis.exceptions.MaxConnectionsError}


def test_the_wait_for_a_connection_has_an_end(lab, opened):
    client = opened(connect(lab.server.url, Settings(max_connections=1, timeout=0.05)))
    held = client.connection_pool.get_connection()
    with pytest.raises(redis.ConnectionError, match="No connection available"):
        client.ping()
    client.connection_pool.release(held)
    assert client.ping()


def test_ssl_on_a_pool_as_the_module_has_it_fails_at_the_first_command(lab, opened):
    client = opened(module_connect(lab.server.host, lab.server.port, tls=True))
    with pytest.raises(TypeError, match="ssl"):
        client.ping()


def test_a_hung_server_costs_one_timeout_and_a_retry_may_count_twice(lab, opened):
    with contextlib.closing(lab.private_server()) as server:
        once = opened(connect(server.url, Settings(socket_timeout=0.2)))
        again = opened(connect(server.url, Settings(socket_timeout=0.2, retries=50)))
        assert once.incr("once") == again.incr("again") == 1
        # Given a server that hangs for a while
        server.pause()
        began = time.monotonic()
        with pytest.raises(redis.TimeoutError):
            once.incr("once")
        assert time.monotonic() - began < 3
        threading.Timer(1.0, server.resume).start()
        # Expect that the retried increment, for which the application has counted one, was done twice
        assert again.incr("again") == 3
        assert not settles(lambda: once.get("once") != "2")  # and the one that failed was done as well
