"""Build names from parts of any kind, and take them apart again: no two lists of parts share a name."""

import itertools

from redislab.keys import hash_tag
from redislab.study.checks import CheckContext, Exercise, requirement

APP = "shop"
PLAIN = ("user", "42", "profile")
COLONS = (("a:b", "c"), ("a", "b:c"), ("a", "b", "c"), ("a_b", "c"), ("a-b", "c"), ("a", "b", ""), ("a", "b:"))
ODD = (("user", "50%"), ("user", "a%3Ab"), ("user", "a:b"), ("user", ""), ("user", "José Núñez"), ("user", "%25"))
PATTERNS = (("file", "*"), ("file", "a?c"), ("file", "[abc]"), ("file", "a\\c"), ("file", "abc"), ("file", "a"))
TAGS = (("cart", "{42}"), ("cart", "{}"), ("{cart}", "42"), ("cart", "}{"))


class NamingContext(CheckContext):
    """A context whose function is given the application, and returns `name` and `parts`.

    Attributes:
        name, parts: the learner's.
    """

    def prepare(self) -> None:
        self.name, self.parts = self.function(APP)

    def found(self, pattern: str) -> list[str]:
        return sorted(self.redis.scan_iter(match=pattern))


class PartsOfAName(Exercise):
    """Escape each part as in a URL, join with colons; split at the colons, unescape each part."""

    name, context = "parts-of-a-name", NamingContext

    @requirement("Words and numbers stay as they are: `shop:user:42:profile`", hint=1)
    def plain(self, context):
        name = context.name(PLAIN[0], int(PLAIN[1]), PLAIN[2])
        return name == ":".join((APP, *PLAIN)), f"user, 42 and profile make {name!r}"

    @requirement("Two different lists of parts have two names", hint=2)
    def distinct(self, context):
        for one, other in itertools.combinations(COLONS, 2):
            if (name := context.name(*one)) == context.name(*other):
                return False, f"{one} and {other} are both {name!r}"
        return True, f"{len(COLONS)} lists with colons have {len(COLONS)} names"

    @requirement("`parts` undoes what `name` did", hint=3)
    def undone(self, context):
        for given in (PLAIN, *COLONS, *ODD):
            name = context.name(*given)
            if (got := list(context.parts(name))) != list(given):
                return False, f"{given} is named {name!r}, of which the parts are {got}"
        return True, f"for {len(COLONS) + len(ODD) + 1} lists of parts"

    @requirement("An id has one name, as a number, as text and as bytes", hint=4)
    def bytes_too(self, context):
        for number in (42, "José"):
            text = str(number)
            names = {context.name("user", each) for each in (number, text, text.encode())}
            if len(names) > 1:
                return False, f"{number!r}, {text!r} and {text.encode()!r} are named {' and '.join(sorted(names))}"
        return True, "all three are one name"

    @requirement("As a pattern of `SCAN`, a name finds its own key and no other", hint=5)
    def no_pattern(self, context):
        names = {parts: context.name(*parts) for parts in PATTERNS}
        context.redis.mset(dict.fromkeys(names.values(), "x"))
        for parts, name in names.items():
            if (found := context.found(name)) != [name]:
                return False, f"SCAN for the name of {parts} finds {len(found)} of {len(names)} keys: {found}"
        return True, f"{len(names)} names find {len(names)} keys"

    @requirement("No part decides the slot: a name has no hash tag", hint=6)
    def no_tag(self, context):
        tags = {parts: hash_tag(context.name(*parts)) for parts in TAGS}
        tagged = [f"of the name of {parts} a cluster hashes {tag!r} only" for parts, tag in tags.items() if tag]
        return not tagged, "; ".join(tagged) or "all of each name is hashed"
