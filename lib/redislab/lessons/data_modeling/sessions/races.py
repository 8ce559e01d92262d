"""A session is used while its user logs out, or while it expires."""

from redislab.bench.races import races
from redislab.lessons.data_modeling.as_in_the_module import ModuleSessions
from redislab.modeling import Sessions

ID = "s1"


def touch_if_there(client, keys):
    if client.exists(keys.session(ID)):
        ModuleSessions(client, keys).touch(ID)


def touch(client, keys):
    Sessions(client, keys).touch(ID)


def log_out(client, keys):
    Sessions(client, keys).end(ID)


def a_session(client, keys):
    client.hset(keys.session(ID), mapping={"user": 42})
    client.expire(keys.session(ID), 1800)


def it_is_over(client, keys):
    found = client.hgetall(keys.session(ID))
    return f"after the logout there is a session again: {found}" if found else ""


def a_logout(touches, title: str):
    return races(touches, log_out, given=a_session, expect=it_is_over, otherwise="bring the session back", title=title)


session_returns = a_logout(touch_if_there, "EXISTS, then HSET")
better_session = a_logout(touch, "A touch by a script")
