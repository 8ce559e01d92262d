from redislab.lessons.data_modeling.rate_limits.register import Register, Request


def filled(*times):
    register = Register()
    for sent, done in times:
        register.add(Request(sent, done, 0, True))
    return register


def test_a_window_includes_its_end_but_not_its_beginning():
    assert filled((0, 0), (0.5, 0.5), (1, 1), (1.4, 1.4)).most(1, since=-1, until=9) == 3
    assert filled((0, 0), (1, 1)).most(1, since=-1, until=9) == 1


def test_what_may_have_been_decided_outside_is_not_counted():
    # If the first was on its way for long: it may have been decided before the window began
    assert filled((0, 0.9), (1.5, 1.5), (1.6, 1.7)).most(1, since=-1, until=9) == 2
    assert filled((0.8, 0.9), (1.5, 1.5), (1.6, 1.7)).most(1, since=-1, until=9) == 3


def test_only_windows_that_have_ended_since_count_and_only_what_was_admitted():
    register = filled((0, 0), (0.1, 0.1), (5, 5))
    register.add(Request(5.1, 5.1, 1, False))
    assert register.most(1, since=1, until=9) == 1
    assert register.most(1, since=6, until=9) == 0
    assert register.most(1, since=0.5, until=0.9) == 2


def test_it_forgets():
    register = filled((0, 0), (1, 1), (2, 2))
    register.forget(1.5)
    assert [request.sent for request in register.between(0, 9)] == [2]
