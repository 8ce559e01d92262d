"""No two calls give one name: over all methods of a namespace, its tenants, and companions of what they name."""

import inspect
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redislab.keys import KeyNamespace
from redislab.keys.slots import share_a_slot

SPACES = ("tenant", "of")  # give namespaces, not names
METHODS = {
    name: list(inspect.signature(method).parameters)[1:]
    for name, method in inspect.getmembers(KeyNamespace, inspect.isroutine)
    if not name.startswith("_") and name not in (*SPACES, "beside")
}
SHORT = ("user", "product", "order")  # for entities of these kinds, by definition
WORDS = ["user", "profile", "limit", "unique", "index", "record", "catalog", "session", "lease"]
PARTS = ["user", "limit", "{catalog}", "user:profile", "(user", "7"]


def spaces(words, depth: int):
    """The namespace and those of all its tenants, and tenants of tenants, each with the path that leads there."""
    for length in range(depth + 1):
        for path in itertools.product(itertools.product(words, (False, True)), repeat=length):
            keys = KeyNamespace("shop")
            for name, together in path:
                keys = keys.tenant(name, together=together)
            yield path, keys


def named(path, keys, method, given):
    """What a call means, and the name that it gives."""
    name = getattr(keys, method)(*given)
    return ((path, "entity", method, *given) if method in SHORT else (path, method, *given)), name


def assert_apart(calls) -> None:
    meanings = {}
    for meaning, name in calls:
        assert meanings.setdefault(name, meaning) == meaning, name


def test_no_two_of_all_calls_in_a_small_vocabulary_share_a_name():
    calls = [
        named(path, keys, method, given)
        for path, keys in spaces(["user", "limit", "catalog", "lease"], 2)
        for method, parameters in METHODS.items()
        for given in itertools.product(PARTS[: 3 if len(parameters) > 2 else None], repeat=len(parameters))
    ]
    companions = [
        ((path, "beside", meaning, role), keys.beside(name, role))
        for path, keys in spaces(["limit", "lease"], 1)
        for meaning, name in calls[::7]
        if meaning[0][: len(path)] == path
        for role in ("lease", "limit", "{catalog}")
    ]
    assert len(calls) > 10_000 and len(companions) > 3000 and {"record", "stream", "catalog", "limit"} <= set(METHODS)
    assert_apart([*calls, *companions])


texts = st.one_of(st.sampled_from([*WORDS, *PARTS, ""]), st.text(st.sampled_from("au1:{}()%.é*"), max_size=5))


@st.composite
def calls(draw):
    path, keys = (), KeyNamespace("shop")
    for name, together in draw(st.lists(st.tuples(st.sampled_from(WORDS), st.booleans()), max_size=2)):
        path, keys = (*path, (name, together)), keys.tenant(name, together=together)
    method = draw(st.sampled_from(sorted(METHODS)))
    meaning, name = named(path, keys, method, tuple(draw(texts) for _ in METHODS[method]))
    for role in draw(st.lists(texts, max_size=2)):
        meaning, name = (path, "beside", meaning, role), keys.beside(name, role)
        assert share_a_slot(name, keys.beside(name, role))
    return meaning, name


@pytest.mark.parametrize("word", WORDS)
def test_no_application_is_taken_for_a_word_of_its_environment(word):
    outer, inner = KeyNamespace.of(environment="prod"), KeyNamespace.of(environment="prod", application=word)
    above = {getattr(outer, method)(*["user"] * len(parts)) for method, parts in METHODS.items()}
    below = {getattr(inner, method)(*["user"] * len(parts)) for method, parts in METHODS.items()}
    assert not above & below


@settings(max_examples=100, deadline=None)
@given(st.lists(calls(), max_size=20))
def test_calls_that_differ_give_names_that_differ_and_companions_lie_in_their_slots(calls):
    assert_apart(calls)
    assert len(dict(calls)) == len(set(dict(calls).values()))


@given(st.text(st.characters(codec="utf-8")))
def test_a_bytes_id_is_the_id(id):
    assert KeyNamespace("shop").user(id.encode()) == KeyNamespace("shop").user(id)
