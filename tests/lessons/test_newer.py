"""Newer commands: what a server has is run, and what stands in for it does the same on every one."""

from redislab.lessons.performance_tuning.scripts.newer import NEWER, newer_commands


def test_each_command_that_the_server_has_and_each_substitute_is_answered(lab):
    table, known = newer_commands(lab.redis, lab.keys), {name.upper() for name in lab.redis.command_list()}
    assert list(table.index) == list(NEWER)
    here = table["its reply here"]
    assert {name for name in NEWER if here[name] != "not here"} == known & NEWER.keys()
    substitutes = table["the replies"][[bool(newer.instead) for newer in NEWER.values()]]
    for said in [*here, *substitutes]:
        assert said and "ERR" not in said and "unknown" not in said and "WRONG" not in said
    assert table["the replies"][["HGETDEL", "XACKDEL", "DELEX", "INCREX"]].tolist() == [
        "1234, 1",
        "1, 1",
        "1",
        "True, 1",
    ]
    assert not list(lab.redis.scan_iter(lab.keys.entity("newer", "*")))
