"""Name two keys of a user so that a cluster takes them in one transaction, and spreads the users."""

from redislab.keys import hash_tag, slot
from redislab.study.checks import CheckContext, Exercise, count, requirement

NODES, USERS = 3, 300
MOST_ON_A_NODE, FEWEST_SLOTS = 0.5, 250
ODD = ("}", "{}", "a}b", "{42}", "ann@example.com")
ATOMIC = {"MULTI", "EVAL", "EVALSHA", "FCALL"}


class ClusterContext(CheckContext):
    """A context on a cluster, whose function is given a client of it, and a user, an item and a number."""

    def call(self, *arguments):
        return self.function(self.client, *arguments)

    def held(self) -> dict[str, str]:
        """The keys that exist, with what they hold in words."""
        return {
            name: self.redis.hgetall(name) if self.redis.type(name) == "hash" else self.redis.get(name)
            for name in self.names()
        }


class TagByUser(Exercise):
    """The user in braces, escaped: both keys in one slot, and each user's in another."""

    name, context, nodes = "tag-by-user", ClusterContext, NODES

    @requirement("The transaction is accepted, and returns the new total", hint=1)
    def accepted(self, context):
        got = context.call(42, "lamp", 2), context.call(42, "desk", 1)
        held = list(context.held().values())
        right = sorted(map(str, held)) == sorted(map(str, ({"lamp": "2", "desk": "1"}, "3")))
        return got == (2, 3) and right, f"2 lamps and a desk gave {got[0]!r} and {got[1]!r}, and the keys hold {held}"

    @requirement("It is one transaction: cart and total change together, or not at all", hint=4)
    def together(self, context):
        context.call(42, "lamp", 1)
        sent = [command[0] for trip in context.round_trips() for command in trip]
        return bool(ATOMIC & set(sent)), f"it sent {', '.join(sent)}"

    @requirement(f"{USERS} users are spread over the slots, and no node has more than half of them", hint=2)
    def spread(self, context):
        for user in range(USERS):
            context.call(user, "lamp", 1)
        names = context.names()
        slots = {slot(name) for name in names}
        nodes = [client.redis_connection.dbsize() for client in context.redis.get_primaries()]
        tags = {hash_tag(name) for name in names} - {None}
        tag = f", with the tag {{{tags.pop()}}} in all of them" if len(tags) == 1 else ""
        seen = f"{count(len(slots), 'slot')} for {len(names)} keys of {USERS} users{tag}; the nodes have {', '.join(map(str, nodes))} keys"
        return len(slots) >= FEWEST_SLOTS and max(nodes) <= MOST_ON_A_NODE * len(names), seen

    @requirement("Whatever a user is called: it works, and no two users share a cart", hint=3)
    def odd(self, context):
        for number, user in enumerate((*ODD, 42), 1):
            try:
                total = context.call(user, "lamp", number)
            except Exception as failure:
                return False, f"for the user {user!r} {type(failure).__name__} was raised"
            if total != number:
                return False, f"the cart of {user!r} was another user's before: {number} lamps make {total}"
        return True, f"{len(ODD) + 1} users have carts of their own"
