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
