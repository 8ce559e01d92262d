"""A survey can be a sample, and says what that is worth; it can be given up, and keeps what it has."""

import pytest

from redislab.antipatterns import Survey, audit, missing_ttls, report


@pytest.fixture
def shop(client):
    """20,000 keys, a tenth of which are sessions without a TTL."""
    pipeline = client.pipeline(transaction=False)
    for number in range(20_000):
        pipeline.set(
            f"shop:session:{number}" if number % 10 == 0 else f"shop:page:{number}",
            1,
            ex=None if number % 10 == 0 else 5000,
        )
    pipeline.execute()
    return client


def test_a_sample_estimates_the_whole_and_says_how_well(shop):
    found = audit(shop, missing_ttls, sample=4000)
    assert 4000 <= found.seen < 6000 and found.total == 20_000
    assert 1 < found.margin < 1.6  # √(¼/n)·1.96 in points, and a little less as a fifth has been seen
    (finding,) = found
    assert finding.subject == "shop:session:*" and finding.seen.startswith("about ")
    estimate = int(finding.seen.split()[1].replace(",", ""))
    assert estimate == pytest.approx(2000, abs=2.5 * found.margin / 100 * 20_000)
    assert f"± {found.margin:.1f}" in found.basis and "may have been missed" in found.basis


def test_a_sample_larger_than_the_keyspace_is_all_of_it(shop):
    found = audit(shop, missing_ttls, sample=10**6)
    assert found.seen == found.total == 20_000 and found.margin == 0
    assert found.basis == "All 20,000 keys looked at."


def test_progress_goes_from_page_to_page_to_the_end(shop):
    told = []
    audit(shop, missing_ttls, progress=lambda seen, total: told.append((seen, total)))
    assert len(told) > 3 and told == sorted(told) and told[-1] == (20_000, 20_000)


def test_given_up_half_way_it_reports_what_it_has_seen(shop):
    survey = Survey(shop)
    for seen, total in survey.walk():
        if seen > total / 4:
            break
    found = report(survey)
    assert not found.complete and 5000 <= found.seen < 20_000
    assert "shop:session:*" in {finding.subject for finding in found}
    assert found.as_dict()["complete"] is False


def test_given_up_before_the_first_key_there_is_nothing_to_report(shop):
    found = report(Survey(shop))
    assert not found.findings and not found.complete and "before the first" in found.basis


def test_an_empty_server_is_in_order(client):
    found = audit(client)
    assert found.complete and not found.findings and found.basis == "There are no keys here."


def test_a_sample_of_nothing_is_refused_at_the_door(client):
    with pytest.raises(ValueError, match="Choose 1 or more"):
        audit(client, sample=0)


def test_the_patterns_hold_every_key_and_the_heaviest_comes_first(shop):
    shop.set("shop:picture:1", "x" * 5_000_000)
    found = audit(shop)
    names = [pattern for pattern, _ in found.patterns]
    assert names[:2] == ["shop:picture:*", "shop:page:*"]
    assert sum(tally.keys for _, tally in found.patterns) == found.seen == 20_001


def test_on_a_cluster_each_node_gives_its_share_of_a_sample(cluster):
    client = cluster.client()
    client.flushall()
    for number in range(2000):
        client.set(f"thing:{number}", number)
    found = audit(client, sample=500)
    assert 500 <= found.seen < 2000 and found.total == 2000


def test_the_limits_of_encodings_are_those_of_the_server(own, client):
    # Given a server whose hashes are compact up to 20 fields, and a client that gets bytes
    client.config_set("hash-max-listpack-entries", 20)
    for number in range(100):
        client.hset(f"shop:user:{number}", mapping={f"field-{field}": field for field in range(30)})
    plain = own.client(decode_responses=False)
    try:
        (finding,) = audit(plain)
    finally:
        client.config_set("hash-max-listpack-entries", 512)
    assert finding.rule == "encoding" and "100 with 21 to 80 elements" in finding.seen
    assert "hash-max-listpack-entries" in finding.cure
