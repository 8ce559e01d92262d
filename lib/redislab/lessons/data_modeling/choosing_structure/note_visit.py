"""Three answers at each visit: bits for who was here, a count of them, a short list for who came last."""

from redislab.study.checks import CheckContext, Exercise, count, no_schedule_breaks, requirement

CUSTOMERS, ERROR, LAST = 20_000, 0.03, 5
DIFFERENT = range(17, CUSTOMERS, CUSTOMERS // 1000)  # the ids of those who come
MOST_BYTES, GROWTH = 24_000, 512
ID = 4711


class VisitContext(CheckContext):
    """A context in which customers come."""

    def come(self, ids) -> tuple:
        """What the last of these visits returned."""
        return [self.call(id) for id in ids][-1]

    def again(self, ids) -> list[bool]:
        return [bool(self.call(id)[0]) for id in ids]

    def bytes(self) -> dict[str, int]:
        """MEMORY USAGE of each key."""
        return {name: self.redis.memory_usage(name, samples=0) for name in self.names()}

    def structures(self) -> str:
        """The keys in words: name, structure, encoding and bytes."""
        told = []
        for name, size in self.bytes().items():
            kind, encoding = self.redis.type(name), self.redis.object("encoding", name)
            told.append(f"{name.removeprefix(self.keys.prefix + ':')} is a {kind} ({encoding}) of {size:,} B")
        return "; ".join(told) or "no key"

    def two_tabs(self):
        """A race of two visits of one new customer."""

        def first_once(returned):
            first = {0: "neither", 2: "both"}.get([bool(seen) for seen, *_ in returned].count(False))
            return not first or f"{first} of the two visits counted as the first"

        return self.race(*2 * [self.client_of(ID)], expect=first_once)


class NoteVisit(Exercise):
    """SETBIT, BITCOUNT, and LPUSH with LTRIM, in one pipeline."""

    name, context = "note-visit", VisitContext

    @requirement("A customer's first visit is told from the next ones", hint=1)
    def seen(self, context):
        got = context.again([ID, ID, ID + 1, 1, CUSTOMERS, ID + 1])
        context.empty()
        wrong = sum(context.again(DIFFERENT))
        told = f"{ID} twice, then {ID + 1}, 1, {CUSTOMERS} and {ID + 1} again gave {got}"
        seen = f"{told}; of {len(DIFFERENT)} who came once, {wrong} had been here before"
        return got == [False, True, False, False, False, True] and not wrong, seen

    @requirement("Of two simultaneous visits of a new customer, one is the first", hint=2)
    def once(self, context):
        return no_schedule_breaks(context.two_tabs())

    @requirement("How many different customers, within 3 %", hint=3)
    def different(self, context):
        _, few, _ = context.come([ID, ID, ID + 1, ID])
        context.empty()
        _, many, _ = context.come(DIFFERENT)
        near = isinstance(many, int) and abs(many - len(DIFFERENT)) <= ERROR * len(DIFFERENT)
        return (
            few == 2 and near,
            f"4 visits of 2 customers gave {few!r}, a visit of each of {len(DIFFERENT)} gave {many!r}",
        )

    @requirement(f"{len(DIFFERENT)} customers take {MOST_BYTES / 1000:.0f} kB at most", hint=4)
    def small(self, context):
        context.come(DIFFERENT)
        taken = sum(context.bytes().values())
        return taken <= MOST_BYTES, f"{taken:,} B; {context.structures()}"

    @requirement(f"The last {LAST} visits, the newest first", hint=5)
    def last(self, context):
        _, _, one = context.come([ID])
        _, _, five = context.come([1, 2, 3, 2, 2, 4])
        got = [list(map(str, ids)) for ids in (one, five)]
        return got == [
            [str(ID)],
            list("42232"),
        ], f"after a visit of {ID} it was {got[0]}, and after 1, 2, 3, 2, 2, 4 {got[1]}"

    @requirement("Visits of customers who were here before take no more memory", hint=6)
    def steady(self, context):
        context.come(DIFFERENT[:50])
        before = sum(context.bytes().values())
        context.come(list(DIFFERENT[:50]) * 10)
        grown = sum(context.bytes().values()) - before
        return (
            grown <= GROWTH,
            f"500 more visits of the same 50 customers took {grown:,} B more; {context.structures()}",
        )

    @requirement("One round trip for a visit", hint=7)
    def one_trip(self, context):
        commands, trips, _ = context.cost(ID)
        return trips == 1, f"{count(commands, 'command')} in {count(trips, 'round trip')}"
