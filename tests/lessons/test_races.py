"""Every race of the course: the simple version has a schedule that breaks it, the better one has none."""

import pytest

from redislab.bench.races import Race
from redislab.lessons import LESSONS

RACES = {
    f"{section.package.removeprefix('redislab.lessons.')}:{name}": race
    for section in LESSONS.sections
    for name, race in vars(section.module("races") or object).items()
    if isinstance(race, Race)
}


@pytest.mark.parametrize("name", RACES)
def test_the_simple_version_breaks_and_the_better_one_does_not(lab, name):
    race = RACES[name]
    assert race.exhaustive and race.found.tried > 0
    if name.partition(":")[2].startswith("better"):
        assert race.safe, race
    else:
        assert race.failing
        assert race.replay().trouble in repr(race)


def test_every_section_that_speaks_of_a_race_has_a_simple_and_a_better_version():
    sections = {name.partition(":")[0] for name in RACES}
    assert len(sections) == 9
    for section in sections:
        names = [name.partition(":")[2] for name in RACES if name.startswith(f"{section}:")]
        assert {name.startswith("better") for name in names} == {True, False}


def test_a_race_is_known_by_its_title():
    titles = [race.title for race in RACES.values()]
    assert len(titles) == len(set(titles))
