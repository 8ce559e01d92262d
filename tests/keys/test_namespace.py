import pytest
from redis.crc import key_slot

from redislab.keys import KeyNamespace


def test_a_key_goes_from_the_general_to_the_specific():
    keys = KeyNamespace("shop")
    assert (keys.user(42), keys.product("a"), keys.order(1)) == ("shop:user:42", "shop:product:a", "shop:order:1")
    assert keys.entity("sample", 1) == "shop:sample:1"


@pytest.mark.parametrize("key", ["shop:user:42", "shop:{42}:profile", "shop:{a}{b}", "shop:{open"])
def test_a_companion_lies_in_the_same_slot_and_under_the_same_prefix(key):
    companion = KeyNamespace("shop").beside(key, "lease")
    assert key_slot(companion.encode()) == key_slot(key.encode())
    assert companion.startswith("shop:lease:")


def test_companions_of_different_keys_differ():
    keys = KeyNamespace("shop")
    names = {keys.beside(key, role) for key in ("shop:{1}:a", "shop:{1}:b", "shop:c") for role in ("lease", "index")}
    assert len(names) == 6


@pytest.mark.parametrize("key", ["shop:{}:odd", "shop:}x{"])
def test_where_no_companion_can_share_the_slot_that_is_said(key):
    with pytest.raises(ValueError, match="Leave braces out"):
        KeyNamespace("shop").beside(key, "lease")


def test_a_prefix_goes_from_what_is_kept_apart_for_longest_to_what_is_not():
    keys = KeyNamespace.of(environment="prod", application="shop")
    assert keys.tenant("acme").user(42) == "prod:shop:acme:user:42"
    assert KeyNamespace.of(application="shop", tenant="acme").prefix == "shop:acme"
    assert keys.tenant("acme", together=True).prefix == "prod:shop:{acme}"


def test_a_tenant_kept_together_has_one_slot():
    keys = KeyNamespace.of(application="shop").tenant("acme", together=True)
    names = [keys.user(1), keys.order(2), keys.unique("user", "email", "a{b}@c"), keys.beside(keys.user(1), "lease")]
    assert len({key_slot(name.encode()) for name in names}) == 1


@pytest.mark.parametrize("part", ["a:b", "a b", "{a}", "", "a\n", "*", "é"])
def test_a_part_that_would_break_the_name_is_refused(part):
    with pytest.raises(ValueError, match="cannot be a part of a prefix"):
        KeyNamespace("shop").tenant(part)
    with pytest.raises(ValueError, match=r"letters, digits|Name an environment"):
        KeyNamespace.of(tenant=part)


def test_indexes_do_not_begin_as_the_records_do():
    keys = KeyNamespace("shop")
    for name in (keys.unique("user", "email", "a@b"), keys.index("user", "city", "Paris")):
        assert not name.startswith("shop:user:")
