from redislab.lessons.data_modeling.leaderboard.boards import ME
from redislab.lessons.data_modeling.leaderboard.lab import SCRIPT, TWO
from redislab.lessons.labs import LeaderboardLab
from redislab.modeling.leaderboard import IN_TURN, SHARED


def priced(sample, players: float) -> bool:
    """Whether it is known what this number of players costs, at both ends."""
    return all(
        dict(sample[name]).get(players) for name in ("update_client", "page_client", "update_server", "page_server")
    )


def page_us(sample) -> float:
    return sample["page_client"][0][1]


def test_the_top_ten_are_the_best_and_i_follow(running):
    lab = running(LeaderboardLab(players=2000))
    for sample in [lab.until(lambda sample: sample["rank"]), *lab.go_on(1)]:
        scores = [score for _, score in sample["top"][:10]]
        assert scores == sorted(scores, reverse=True) and len(scores) == 10
        assert [label.split()[0] for label, _ in sample["top"][:3]] == ["1", "2", "3"]
        assert sample["rank"] == sample["place"] <= sample["all"] == 2000
        assert sample["top"][-1] == (f"{sample['rank']:,}  {ME}", sample["score"])
    # If I win, expect to be among them, and once
    for _ in range(10):
        lab.act("win")
    seen = lab.until(lambda sample: sample["rank"] == 1)
    assert seen["top"][0][0] == f"1  {ME}" and len(seen["top"]) == 10


def test_a_tie_is_a_rank_shared_or_the_last_in_turn(running):
    lab = running(LeaderboardLab(players=1000, step=100, ties=SHARED, rate=50.0))
    seen = lab.until(lambda sample: sample["rank"] and sample["place"] - sample["rank"] > 10)
    assert "would come before me if ties were in turn" in lab.experiment.say(seen)
    lab.experiment.ties = IN_TURN
    lab.until(lambda sample: sample["rank"] == sample["place"] > seen["rank"])


def test_drawing_level_with_the_one_before_me_is_a_tie(running):
    lab = running(LeaderboardLab(players=100, ties=SHARED, rate=10.0))
    lab.until(lambda sample: sample["rank"])
    lab.until(lambda sample: lab.act("draw_level") or sample["rank"] < sample["place"])


def test_the_count_above_the_threshold_follows_it(running):
    lab = running(LeaderboardLab(players=1000, threshold=1500))
    seen = lab.until(lambda sample: sample["all"] == 1000)
    assert 350 < seen["above"] < 650
    lab.experiment.threshold = 2500
    lab.until(lambda sample: sample["threshold"] == 2500 and sample["above"] < 20)


def test_every_number_of_players_is_a_point_of_what_it_costs(running):
    lab = running(LeaderboardLab(players=100, rate=400.0))
    lab.until(lambda sample: priced(sample, 100))
    lab.experiment.players = 100_000
    seen = lab.until(lambda sample: priced(sample, 100_000))
    assert seen["all"] == 100_000
    assert lab.experiment.judge(seen).startswith("1,000 times the players")
    # Expect the client to notice little of it: what is a thousandfold is not the time
    client = dict(seen["update_client"])
    assert client[100_000] < 30 * client[100]
    assert all(dict(seen["update_server"])[n] < client[n] for n in client)


def test_two_commands_cost_a_round_trip_more_and_miss_me(running):
    lab = running(LeaderboardLab(players=300, side=0, rtt=5.0, rate=400.0, paging=SCRIPT))
    lab.until(lambda sample: priced(sample, 300))
    samples = lab.go_on(1)  # the first pages also wait for their connections
    one = page_us(samples[-1])
    assert {sample["missed"] for sample in samples} == {0}
    lab.experiment.paging = TWO
    seen = lab.until(lambda sample: priced(sample, 300) and page_us(sample) > 1.5 * one and sample["missed"])
    assert "missing from" in lab.experiment.say(seen)


def test_a_season_begins_with_nobody_and_the_one_before_expires(running, lab):
    panel = running(LeaderboardLab(season=1.0, rate=300.0))
    full = panel.until(lambda sample: sample["all"] > 50)
    panel.until(lambda sample: sample["all"] < full["all"] / 2)
    # Expect the number of boards to stay small
    assert len(list(lab.redis.scan_iter(f"{lab.prefix}:leaderboardlab_*", count=10_000))) <= 5
    panel.experiment.season = 0.0
    panel.until(lambda sample: sample["all"] == 1000)
