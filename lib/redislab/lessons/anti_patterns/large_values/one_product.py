"""Read one product of a large catalogue: a field that is read alone, written in batches, and never missing."""

from redislab.study.checks import CheckContext, Exercise, count, no_schedule_breaks, requirement

PRODUCTS, SIZE = 2000, 500  # characters each: a megabyte together
MOST_READ, MOST_WRITTEN = 10_000, 100_000  # bytes of one read, and of one command
FEW_TRIPS = 60
SOLD_OUT, KEPT = "3", "7"


def products(number: int, version: str, size: int = 0) -> dict[str, str]:
    return {str(id): f"{version} {id} ".ljust(size, ".") for id in range(number)}


class CatalogueContext(CheckContext):
    """A context whose function returns two functions; `small` catalogues take a race less time than large ones."""

    large, small = products(PRODUCTS, "large", SIZE), products(8, "small")
    later = {id: text.replace("small", "later") for id, text in small.items() if id != SOLD_OUT}

    def functions(self, client=None):
        """The learner's `store` and `read`."""
        return self.function(client or self.client, self.keys)

    def stored(self):
        """The same, with the large catalogue in Redis."""
        store, read = self.functions()
        store(self.large)
        self.sent(), self.tap.socket_bytes()
        return store, read

    def reader_meanwhile(self):
        """A race: one client stores a catalogue, while another reads a product that is in both."""

        def stores(client):
            self.functions(client)[0](self.later)

        def reads(client):
            return self.functions(client)[1](KEPT)

        def found(returned):
            got = returned[1]
            return "" if got in (self.small[KEPT], self.later[KEPT]) else f"the reader got {got!r:.30}"

        def given(context):
            context.functions(context.redis)[0](context.small)

        return self.race(stores, reads, given=given, expect=found)


class OneProduct(Exercise):
    """A field a product: HGET moves one of them, HSET writes a hundred, and HDEL removes what is no longer sold."""

    name, context = "one-product", CatalogueContext

    @requirement("`read` gives what `store` was given, and None for a product that is not there", hint=1)
    def same(self, context):
        _, read = context.stored()
        got, nothing = read(KEPT), read("no such product")
        seen = f"{'the product' if got == context.large[KEPT] else f'{got!r:.40}'}, and {nothing!r:.40} for one that is not"
        return got == context.large[KEPT] and nothing is None, f"it gave {seen}"

    @requirement(f"`read` is one round trip and receives at most {MOST_READ // 1000} KB", hint=2)
    def narrow(self, context):
        _, read = context.stored()
        read(KEPT)
        (_, received), trips = context.tap.socket_bytes(), context.sent().trips
        seen = f"{received / 1000:,.1f} KB in {count(trips, 'round trip')} for a product of {SIZE} characters"
        return received <= MOST_READ and trips == 1, seen

    @requirement(
        f"`store` sends no command of more than {MOST_WRITTEN // 1000} KB, and takes at most {FEW_TRIPS} round trips",
        hint=3,
    )
    def batches(self, context):
        sizes, (store, _) = [], context.functions()
        context.tap.before = lambda command: sizes.append(sum(len(str(part)) for part in command))
        store(context.large)
        trips = context.sent().trips
        largest = max(sizes, default=0)
        seen = f"{count(trips, 'round trip')}, the largest command {largest / 1000:,.0f} KB"
        return largest <= MOST_WRITTEN and trips <= FEW_TRIPS, seen

    @requirement("A product that is no longer in the catalogue is gone after the next `store`", hint=4)
    def sold_out(self, context):
        store, read = context.functions()
        store(context.small)
        store(context.later)
        got = read(SOLD_OUT)
        return got is None, f"it is {'gone' if got is None else f'still there: {got!r:.20}'}"

    @requirement("A product that stays in the catalogue is never missing, not even while `store` runs", hint=5)
    def never_missing(self, context):
        return no_schedule_breaks(context.reader_meanwhile())
