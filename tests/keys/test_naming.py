import contextlib
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redislab.keys import PATTERNS, RULES, KeyNamespace, inconsistent, lint, recognise


def broken(key) -> list[str]:
    return [finding.rule for finding in lint(key)]


def example(key: str, *rules: str):
    return pytest.param(key, set(rules), id=key[:30] or "empty")


@pytest.mark.parametrize(
    ("key", "rules"),
    [
        example("user:123:profile"),
        example("user_123_profile", "separator"),
        example("user/123/profile", "separator"),
        example("User:123:Profile", "lower case"),
        example("userprofile123", "separator"),
        example("user:by_email:john@example.com", "index apart"),
        example("users:by_email:john@example.com"),
        example("temp:otp:123456", "no secrets"),
        example("temp:verification_code:abc123", "no secrets"),
        example("otp:user:123"),
        example("user:123:password"),
        example("session:eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "no secrets"),
        example("123:user", "general to specific"),
        example("{123}:user"),
        example("user:12 3", "no special characters"),
        example("user:*", "no special characters"),
        example("user::1", "no special characters"),
        example("user:{1", "no special characters"),
        example("user:{1}:cart"),
        example("user:1:V2", "version"),
        example("user:1:version_2", "version"),
        example("user:1:v2"),
        example("user:" + "7" * 100, "length"),
        example("products:by_sku:ABC123"),
        example("config"),
        example(""),
    ],
)
def test_each_rule_sees_what_it_is_for_and_nothing_else(key, rules):
    assert set(broken(key)) == rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_why_what_it_costs_and_how_to_mend_it(rule):
    for said in (rule.reason, rule.price, rule.cure):
        assert said.endswith(".") and len(said) > 20
    assert rule.weight in (1, 2, 3)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_every_example_of_a_pattern_is_recognised_and_without_fault(pattern):
    for key in pattern.examples:
        for prefix in ("", "prod:shop:", "prod:shop:{acme}:"):
            assert recognise(prefix + key) is pattern
            assert not lint(prefix + key)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("user:123:preferences", "entity with field"),
        ("order:789", "entity"),
        ("products:featured", "index"),
        ("product:456:views:2024-11", "aggregation"),
        ("product:123:views:2024-W07", "aggregation"),
        ("user_123_profile", None),
        ("", None),
        ("user::1", None),
    ],
)
def test_other_names_too(key, name):
    assert getattr(recognise(key), "name", None) == name


def test_names_that_the_library_gives_keep_its_own_rules():
    for keys in (
        KeyNamespace("redislab:ab12cd"),
        KeyNamespace.of(environment="prod", application="shop", tenant="acme"),
    ):
        born = [keys.user(42), keys.unique("user", "email", "a@b.org"), keys.index("user", "city", "Paris")]
        born += [keys.stream("user"), keys.beside(keys.user(42), "lease"), keys.limit("login", "10.0.0.1")]
        assert {key: broken(key) for key in born} == {key: [] for key in born}
        assert recognise(keys.unique("user", "email", "a@b.org")).name == "collection"


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_no_name_is_too_odd_to_be_looked_at(key):
    for finding in lint(key):
        assert finding.subject.isprintable() and len(finding.subject) < 1000 and finding.seen
    if isinstance(key, str):
        recognise(key)


@contextlib.contextmanager
def at_most(seconds: float):
    """Seconds of this process, whatever else the machine does; a regular expression that takes longer is broken off."""

    def late(*_):
        raise AssertionError(f"not done after {seconds} s")

    former = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


PIECES = st.sampled_from([" ", *"_ - a 7 . eyJ : @ { } T by_ é v1 secret: / * 1a a1 \U0001f600".split()])


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(["", "user:", "eyJaaaaaaaaa"]),
    st.lists(PIECES, min_size=1, max_size=4).map("".join),
    st.sampled_from(["", "1", "!", ":1", "."]),
)
def test_every_name_takes_a_time_in_proportion_to_its_length(head, piece, tail):
    # Given a name of 40,000 characters that repeats something, which is what regular expressions get stuck on
    key = head + piece * (40_000 // len(piece)) + tail
    # If it is looked at by every rule, expect an answer after 20 µs a character at the latest; half a ms is usual for all
    with at_most(0.8):
        lint(key)
        recognise(key)
        inconsistent([key])


def test_the_name_that_kept_the_linter_busy_for_a_minute():
    with at_most(0.8):
        assert broken("user:" + "_" * 60 + "1") == []


@pytest.mark.parametrize(
    "key",
    [
        "token-eyJhbGciOiJI.eyJzdWIiOiIx",
        "session:eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
        "a.eyJhbGciOiJI.eyJzdWIiOiIx",
    ],
)
def test_a_token_is_seen_wherever_it_stands(key):
    assert "no secrets" in broken(key)
    assert "no secrets" not in broken(key.replace("eyJ", "eyH"))


WORDS = st.text("abcdefgh", min_size=2, max_size=8).filter(lambda word: word not in ("otp", "pin", "jwt"))


@given(
    st.lists(WORDS, min_size=1, max_size=4),
    st.integers(0, 10**9),
    st.sampled_from(["", ":email", ":v3", ":views:2024-11-19"]),
)
def test_what_is_named_by_the_rules_breaks_none_and_has_a_pattern(words, id, tail):
    key = ":".join([*words, str(id)]) + tail
    assert broken(key) == [] and recognise(key) is not None


@given(st.lists(WORDS, min_size=1, max_size=3), st.integers(0, 10**9), st.sampled_from("*?[] \t\n\\\"'}"), st.data())
def test_a_special_character_is_seen_wherever_it_stands(words, id, odd, data):
    key = ":".join([*words, str(id)])
    place = data.draw(st.integers(0, len(key)))
    assert "no special characters" in broken(key[:place] + odd + key[place:])


def test_one_kind_in_two_spellings_is_inconsistent_and_a_collection_beside_its_entities_is_not():
    (finding,) = inconsistent(["user:1", "user:2", "users:3", "User:4", "order:1"])
    assert finding.rule == "consistent" and finding.subject == "user"
    assert "'user' (2 times)" in finding.seen and "'users'" in finding.seen and "'User'" in finding.seen
    assert inconsistent(["user:1", "users:active", "users:by_email:a@b.org", "order:1"]) == []
