"""Budgets of races: schedules a second, and how long it takes to exhaust each race of the course."""

import time

from redislab.bench.races import Race, races
from redislab.lessons import LESSONS
from tests.budgets.table import Row


def add_twice(client):
    for _ in range(2):
        client.set("likes", int(client.get("likes")) + 1)


def speed(rounds: int = 10) -> Row:
    """Schedules a second of two clients with four commands each: the median of some searches of 70."""
    race = races(add_twice, add_twice, given={"likes": 0}, expect={"likes": 4})
    race.search()
    found = sorted(race.search().seconds for _ in range(rounds))
    each = 70 / found[rounds // 2]
    return Row("two clients, four commands each: schedules a second", each, 800, "/s", high=False)


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
    return [speed(), *shown()]
