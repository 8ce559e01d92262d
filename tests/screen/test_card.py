"""The card says what is measured, and where it comes from."""

from redislab.screen.card import card


def test_the_card_holds_the_labs_facts(lab):
    html = card(lab)
    facts = lab.facts()
    for text in (
        facts["product"],
        facts["version"],
        facts["client"],
        facts["database"],
        lab.prefix,
        "ms, measured just now",
    ):
        assert text in html


def test_what_the_server_cannot_do_is_said(lab):
    html = card(lab)
    assert ("Bloom filters" in html.split("Cannot do")[0]) == ("bloom" in lab.server.capabilities)
