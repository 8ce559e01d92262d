import pytest

from redislab.lessons.data_modeling.rate_limits.admissions import Admissions, Request, staircase


def filled(*times):
    admissions = Admissions()
    for sent, done in times:
        admissions.add(Request(sent, done, 0, True))
    return admissions


def test_a_window_includes_its_end_but_not_its_beginning():
    assert filled((0, 0), (0.5, 0.5), (1, 1), (1.4, 1.4)).most(1, since=-1, until=9) == 3
    assert filled((0, 0), (1, 1)).most(1, since=-1, until=9) == 1


def test_what_may_have_been_decided_outside_is_not_counted():
    # If the first was on its way for long: it may have been decided before the window began
    assert filled((0, 0.9), (1.5, 1.5), (1.6, 1.7)).most(1, since=-1, until=9) == 2
    assert filled((0.8, 0.9), (1.5, 1.5), (1.6, 1.7)).most(1, since=-1, until=9) == 3


def test_only_windows_that_have_ended_since_count_and_only_what_was_admitted():
    admissions = filled((0, 0), (0.1, 0.1), (5, 5))
    admissions.add(Request(5.1, 5.1, 1, False))
    assert admissions.most(1, since=1, until=9) == 1
    assert admissions.most(1, since=6, until=9) == 0
    assert admissions.most(1, since=0.5, until=0.9) == 2


def test_it_forgets():
    admissions = filled((0, 0), (1, 1), (2, 2))
    admissions.forget(1.5)
    assert [request.sent for request in admissions.between(0, 9)] == [2]


def test_a_staircase_counts_what_was_admitted_from_its_beginning_to_its_end():
    requests = [Request(when, when, 0, when != 10.2) for when in (9.0, 10.1, 10.2, 10.4, 11.0)]
    assert staircase(requests, origin=10.0, begin=-0.5, end=0.5) == [
        (-500.0, 1),
        (pytest.approx(100), 2),
        (pytest.approx(400), 3),
        (500.0, 3),
    ]
    # However many there are, expect no more points than can be drawn
    many = [Request(n / 1000, n / 1000, 0, True) for n in range(1000)]
    points = staircase(many, origin=0.0, begin=0.0, end=1.0)
    assert len(points) <= 102 and points[-1] == (1000.0, 1000)
