import secrets

import pytest

from redislab.keys import KeyNamespace
from redislab.lessons.data_modeling.profile.writers import CONTESTED, TIMES, WAYS, Writers
from redislab.modeling import JsonProfile, Profile


@pytest.fixture
def race(lab):
    keys, client, crew = KeyNamespace(f"{lab.prefix}:{secrets.token_hex(3)}"), lab.client(), Writers()
    forms = {"json": JsonProfile(client, keys), "hash": Profile(client, keys)}
    yield lambda way, writers: crew.race(forms, way, writers, {"name": "Ann"})
    crew.close()
    client.unlink(keys.entity("json_profile", CONTESTED), keys.profile(CONTESTED))


@pytest.mark.parametrize("way", WAYS)
def test_a_single_writer_loses_nothing(race, way):
    done, lost = race(way, 1)
    assert 0 < done <= TIMES
    assert lost == 0


@pytest.mark.parametrize("way", ["own", "add"])
def test_writers_that_read_nothing_lose_nothing_however_many_they_are(race, way):
    for _ in range(3):
        done, lost = race(way, 16)
        assert done > 16 and lost == 0


@pytest.mark.parametrize("way", ["json", "read"])
def test_writers_that_read_first_lose_what_others_wrote_since(race, way):
    results = [race(way, 16) for _ in range(3)]
    assert max(lost for _, lost in results) > 16
    assert all(0 <= lost < done for done, lost in results)
