"""Two clients change different fields of one profile."""

import functools

from redislab.bench.races import races
from redislab.modeling import JsonProfile, Profile
from redislab.modeling.profile import HSETEX

ID = 42


def move(kind):
    def change_city(client, keys):
        kind(client, keys).update(ID, city="Oslo")

    return change_city


def rename(kind):
    def change_name(client, keys):
        kind(client, keys).update(ID, name="Ada")

    return change_name


def two_fields(kind, title: str):
    def given(client, keys):
        kind(client, keys).save(ID, {"name": "Ann", "city": "Lima"})

    def both_are_there(client, keys):
        found = kind(client, keys).get(ID)
        return "" if found == {"name": "Ada", "city": "Oslo"} else f"the profile is {found}: one change is lost"

    return races(move(kind), rename(kind), given=given, expect=both_are_there, otherwise="lose a change", title=title)


json_profile = two_fields(JsonProfile, "A profile as one string")
better_profile = two_fields(
    functools.partial(Profile, field_ttl=HSETEX), "A profile as a hash"
)  # no field expires here
