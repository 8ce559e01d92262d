import pytest

from redislab.lessons.data_modeling.rate_limits.bursts import Bursts


def due(bursts, now, until, wait=0.7):
    """When requests are due, each asked for at the moment of the one before."""
    moments = []
    while (now := now + bursts.gap(now, wait)) < until:
        moments.append(now)
    return moments


def test_a_burst_lies_across_the_boundary_in_salvos():
    moments = due(Bursts(period=1.0, position=0.0, every=3, size=12, clients=4), 1.0, 3.5, wait=9.0)
    # Expect it to take 0.2 s, centred on the boundary at 3, in three salvos of four
    assert moments == pytest.approx([2.9] * 4 + [2.9 + 0.2 / 3] * 4 + [2.9 + 0.4 / 3] * 4)


def test_it_may_be_moved_into_the_window_and_comes_again_in_every_third():
    bursts = Bursts(period=0.5, position=0.5, every=3, size=10, clients=10)
    moments = due(bursts, 0.0, 4.0, wait=9.0)
    assert moments == pytest.approx([0.2] * 10 + [1.7] * 10 + [3.2] * 10)
    assert bursts.boundary(3.1) == 1.5 and bursts.boundary(3.3) == 3.0
    assert bursts.length == 0.1


def test_between_two_bursts_requests_come_when_they_are_due():
    moments = due(Bursts(period=1.0, position=0.0, every=3, size=10, clients=2), 0.0, 5.0)
    assert moments[:4] == pytest.approx([0.7, 1.4, 2.1, 2.8])
    assert sum(2.9 <= moment <= 3.1 for moment in moments) == 10
    assert len(moments) == 4 + 10 + 2
