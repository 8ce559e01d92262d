import pytest
from hypothesis import given
from hypothesis import strategies as st

from redislab.keys import explain, hash_tag, share_a_slot, slot


def crc16(data: bytes) -> int:
    """CRC16/XMODEM, bit by bit, as the cluster's specification has it."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


@given(st.text(max_size=60))
def test_a_slot_is_the_crc_of_the_hash_tag_or_of_the_whole_key(key):
    tag = hash_tag(key)
    assert slot(key) == crc16((key if tag is None else tag).encode()) % 16384


@given(st.binary(max_size=60))
def test_binary_names_have_a_slot_too(key):
    assert 0 <= slot(key) < 16384


@given(st.text("abc:", min_size=1, max_size=9), st.lists(st.text("xyz:", max_size=9), max_size=6))
def test_the_same_tag_is_the_same_slot(tag, names):
    assert share_a_slot(*(f"{{{tag}}}:{name}" for name in names))


@pytest.mark.parametrize(
    ("key", "tag"),
    [
        ("a{b}c", "b"),
        ("{a}{b}", "a"),
        ("{}a", None),
        ("{", None),
        ("}a{", None),
        ("a{b", None),
        ("{{a}}", "{a"),
        ("", None),
    ],
)
def test_only_the_first_braces_count(key, tag):
    assert hash_tag(key) == tag


def test_the_cluster_itself_agrees(cluster):
    client = cluster.client()
    for key in ("user:1", "{shop}:user:1", "{}x", "a}b{c}d", "ключ"):
        assert client.execute_command("CLUSTER KEYSLOT", key, target_nodes="random") == slot(key)


def test_what_keeps_keys_apart_and_what_brings_them_together_is_said():
    assert explain("a", "b").startswith("CROSSSLOT: a in 15495, b in 3300.")
    assert explain("{a}x", "{a}y") == "One slot, 15495: {a} is all that is hashed."
    assert explain("a") == "One slot, 15495: what is hashed falls into the same slot."
    assert explain() == "No key, no slot."
    assert share_a_slot() and share_a_slot("a") and not share_a_slot("a", "b")
