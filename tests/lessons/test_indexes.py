import pytest

from redislab.keys import KeyNamespace
from redislab.lessons.key_naming.indexes.address_book import AddressBook
from redislab.lessons.key_naming.indexes.lab import INDEXES, LUA, MODULE, MULTI
from redislab.lessons.labs import IndexLab


def test_as_in_the_module_lookups_find_nobody_and_addresses_have_two_owners(running):
    lab = running(IndexLab(method=MODULE, contested=60.0, writers=16))
    seen = lab.until(lambda sample: sample["nobody"] and sample["twice"] and sample["lost"])
    assert lab.experiment.judge(seen).startswith("Not in sync")
    assert seen["refused"] == 0


def test_over_a_network_the_gap_is_as_long_as_a_round_trip(running):
    lab = running(IndexLab(method=MODULE, contested=0.0, writers=16, rtt=3.0, bursts=10.0))
    seen = lab.until(lambda sample: (sample["nobody"] or 0) > 1)
    assert "find no user" in lab.experiment.judge(seen)
    # and when all moves are done, everybody is found again
    assert seen["other"] == 0 and seen["twice"] == 0


def test_in_a_transaction_nobody_sees_the_gap_and_addresses_are_still_taken_over(running):
    lab = running(IndexLab(method=MULTI, contested=0.0, writers=16))
    assert {sample["nobody"] for sample in lab.go_on(3)} <= {None, 0.0}
    lab.experiment.contested = 60.0
    assert lab.until(lambda sample: sample["twice"])["refused"] == 0


@pytest.mark.parametrize("knobs", [{"contested": 60.0}, {"contested": 30.0, "rtt": 1.0}])
def test_a_claim_leaves_one_owner_each_and_refuses_the_others(running, knobs):
    lab = running(IndexLab(method=LUA, writers=16, **knobs))
    samples = lab.go_on(4)
    for key in ("nobody", "other", "twice", "lost"):
        assert {sample[key] for sample in samples} <= {None, 0}, key
    assert samples[-1]["refused"] > 0 and samples[-1]["moved"] > 0
    assert lab.experiment.judge(samples[-1]).startswith("In sync")


@pytest.mark.parametrize(("method", "lost"), [(MODULE, 2), (MULTI, 0), (LUA, 0)])
def test_a_crash_in_the_middle_leaves_a_user_whom_nobody_finds_or_nothing(running, method, lost):
    lab = running(IndexLab(method=method, contested=0.0, writers=1))
    for _ in range(2):
        lab.act("crash")
        lab.until(lambda sample: sample["died"])
    lab.until(lambda sample: sample["lost"] == lost)
    assert {sample["lost"] for sample in lab.go_on(1)} == {lost}


@pytest.mark.parametrize("method", INDEXES)
def test_an_address_book_stands_on_a_cluster_too(cluster, method):
    client = cluster.client()
    keys = KeyNamespace("shop").tenant(method.replace(" ", "_"), together=True)
    book = AddressBook(keys, client, client, INDEXES[method])
    assert book.faults() == {"twice": 0, "lost": 0}
    for id in list(book.addresses)[:10]:
        book.move(id, 0.5)
        assert book.look_up(id)[0] == "lookup"
    if method == LUA:
        assert book.faults() == {"twice": 0, "lost": 0}
