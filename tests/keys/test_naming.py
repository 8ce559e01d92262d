import pytest
from hypothesis import given
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
