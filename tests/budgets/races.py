"""Budgets of races: schedules a second, and how long it takes to exhaust each race of the course."""

import time

from redislab.bench.races import Race, races
from redislab.lessons import LESSONS
from redislab.world import start
from tests.budgets.table import Row, in_turns


def add_twice(client):
    for _ in range(2):
        client.set("likes", int(client.get("likes")) + 1)


def speed(rounds: int = 15) -> list[Row]:
    """Two clients with four commands each, 70 schedules a search: how many a second, and how many GETs one of them costs."""
    lab = start()
    race, client = races(add_twice, add_twice, given={"likes": 0}, expect={"likes": 4}, lab=lab), lab.client()
    schedule, get = in_turns(race.search, lambda: client.get("likes"), rounds, calls=7)
    return [
        Row("two clients, four commands each: schedules a second", 70 / schedule, 800, "/s", high=False),
        Row("such a schedule of eight commands, against one GET on this machine", schedule / 70 / get, 20),
    ]


def shown() -> list[Row]:
    """Every race that a notebook shows: seconds to exhaust it, and in how many schedules."""
    table = []
    for section in LESSONS.sections:
        for race in vars(section.module("races") or object).values():
            if isinstance(race, Race):
                began = time.perf_counter()
                found = race.search()
                taken = time.perf_counter() - began
                note = f"{found.tried:,} run of {found.schedules:,}, {found.failed:,} break it {found.bound}"
                table.append(Row(f"race: {race.title}", taken, 3.0, "s", note=note))
    return table


def rows() -> list[Row]:
    return [*speed(), *shown()]
