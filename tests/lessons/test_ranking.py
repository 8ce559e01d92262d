from redislab.lessons.caching_patterns.choosing.ranking import Ranking, holds, in_words, measured

CLAIM = (("a",), ("b", "c"), ("d",))


def test_figures_that_are_near_share_a_place():
    assert measured({"b": 1.1, "a": 1.0, "c": 2.0, "d": 2.1}) == (("a", "b"), ("c", "d"))
    assert measured({"a": 0.0, "b": 0.0, "c": 0.3, "d": 4.0}, unit=0.5) == (("a", "b", "c"), ("d",))


def test_nearness_is_not_handed_on_from_neighbour_to_neighbour():
    assert measured({"a": 1.0, "b": 1.1, "c": 1.2}) == (("a", "b"), ("c",))


def test_a_claim_holds_if_every_place_is_clearly_better_than_the_next():
    assert holds(CLAIM, {"a": 1.0, "b": 2.0, "c": 2.5, "d": 4.0})
    assert not holds(CLAIM, {"a": 1.0, "b": 1.05, "c": 2.5, "d": 4.0})
    assert not holds(CLAIM, {"a": 1.0, "b": 2.0, "c": 2.5, "d": 2.2})
    assert not holds(CLAIM, {"a": 0.0, "b": 0.1, "c": 0.1, "d": 4.0}, unit=0.5)


def test_it_is_said_best_first():
    assert in_words(CLAIM) == "a > b ≈ c > d"


def test_a_verdict_says_whether_the_claim_holds_and_what_was_measured():
    ranking = Ranking("figure", (("a",), ("b",)))
    assert ranking.verdict({"a": 1.0, "b": 2.0}) == "true: a > b"
    assert ranking.verdict({"a": 2.0, "b": 2.1}) == "false: a ≈ b"
