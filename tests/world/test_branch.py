"""A branch of the lab: what one experiment makes is gone when it is over, and nobody else's."""

import pytest
import redis

from redislab.errors import StartError


def test_keys_clients_and_servers_of_a_branch_go_with_it(lab):
    kept = lab.keys.entity("kept", 1)
    lab.redis.set(kept, "x", ex=60)
    connections = len(lab.redis.client_list())
    branch = lab.branch("trial")
    assert branch.prefix.startswith(f"{lab.prefix}:trial_")
    client, private = branch.client(), branch.private_server()
    own = private.client()
    client.set(branch.keys.user(42), "x")
    own.ping()
    branch.close()
    assert lab.redis.exists(kept) and not list(lab.redis.scan_iter(f"{branch.prefix}:*"))
    with pytest.raises(redis.ConnectionError):
        own.ping()
    assert len(lab.redis.client_list()) <= connections
    lab.redis.delete(kept)


def test_two_branches_do_not_see_each_others_keys(lab):
    one, other = lab.branch("trial"), lab.branch("trial")
    one.redis.set(one.keys.user(1), "x")
    assert not other.redis.exists(other.keys.user(1))
    one.close()
    try:
        other.redis.ping()  # a branch that is closed takes no other's connections
    except redis.RedisError as failure:
        raise AssertionError("closed with another one") from failure
    other.close()


def test_what_is_made_after_the_end_is_closed_at_once(lab):
    """As by the thread of a sweep, for which a reset did not wait."""
    branch = lab.branch("trial")
    branch.close()
    started = []

    class Late:
        def close(self):
            started.append("closed")

    with pytest.raises(StartError, match="has been closed"):
        branch.close_with(Late())
    assert started == ["closed"]
    for make in (branch.private_server, branch.open_database):
        with pytest.raises(StartError, match="has been closed"):
            make()
