"""Find products by their tags when some have expired: leave those out, and remove them from the tags."""

from redislab.study.checks import CheckContext, Exercise, Sent, count, requirement

PRODUCTS = 60
TAGS = {"laptop": range(0, 60, 2), "light": range(0, 60, 3), "used": range(0, 60, 5)}
ASKED = ("laptop", "light")
BOTH = {str(number) for number in range(0, 60, 6)}  # laptop and light
GONE = {"0", "12", "24"}  # of those
MOST_TRIPS, MOST_VALUES = 3, 40


class CatalogueContext(CheckContext):
    """A catalogue of products with tags, of which some have expired."""

    def prepare(self, gone=GONE) -> None:
        pipeline = self.redis.pipeline()
        for number in range(PRODUCTS):
            if str(number) not in gone:
                pipeline.hset(self.keys.catalog("product", number), mapping={"name": f"Product {number}"})
        for tag, numbers in TAGS.items():
            pipeline.sadd(self.tag(tag), *numbers)
        pipeline.execute()

    def come_back(self, client, id: str) -> None:
        """A product is saved again with its tags, as the shop does it."""
        pipeline = client.pipeline().hset(self.keys.catalog("product", id), mapping={"name": "Back again"})
        for tag in ASKED:
            pipeline.sadd(self.tag(tag), id)
        pipeline.execute()

    def cost(self) -> Sent:
        """Of a call that finds some expired, when scripts are loaded."""
        for _ in range(2):
            self.reset()
            self.sent()
            self.ask()
        return self.sent()

    def ask(self, *tags: str) -> set[str]:
        return set(map(str, self.call(*(tags or ASKED))))

    def tag(self, name: str) -> str:
        return self.keys.catalog("tag", name)


class LivingProducts(Exercise):
    """Intersect, look, and remove what is dead: in one step, because a product may come back meanwhile."""

    name, context, arguments = "living-products", CatalogueContext, ASKED

    @requirement("Products that have all the tags, of two or of three", hint=1)
    def tagged(self, context):
        context.prepare(gone=())
        two, three = context.ask(), context.ask(*TAGS)
        seen = f"{count(len(two), 'product')} with two tags and {len(three)} with three; wanted 10 and 2"
        return two == BOTH and three == {"0", "30"}, seen

    @requirement("Products that have expired are left out", hint=2)
    def living(self, context):
        got = context.ask()
        dead = len(got & GONE)
        seen = f"{dead} of {len(GONE)} that have expired came back, and {len(got) - dead} living; wanted 0 and 7"
        return got == BOTH - GONE, seen

    @requirement("It fetches the products that have all the tags, not the tags", hint=3)
    def sparing(self, context):
        values = context.cost().values
        return values <= MOST_VALUES, f"{count(values, 'value')} came back for 7 products"

    @requirement(f"In {MOST_TRIPS} round trips at most, however many products there are", hint=4)
    def trips(self, context):
        trips = context.cost().trips
        return trips <= MOST_TRIPS, f"{count(trips, 'round trip')} for 10 products"

    @requirement("Afterwards the expired ones are gone from these tags, and the living are not", hint=5)
    def pruned(self, context):
        context.ask()
        for tag in ASKED:
            members = context.redis.smembers(context.tag(tag))
            dead, lost = len(members & GONE), len(set(map(str, TAGS[tag])) - GONE - members)
            if dead or lost:
                still = f"the tag {tag!r} still has {dead} of {len(GONE)} that have expired"
                return False, f"{still}, and has lost {lost} living"
        return True, "both tags hold the living only"

    @requirement(
        "A product that comes back meanwhile keeps its tags", hint=6,
        whenever=lambda context, client: context.come_back(client, "12"),
    )  # fmt: skip
    def returns(self, context):
        lost = [tag for tag in ASKED if not context.redis.sismember(context.tag(tag), 12)]
        missed = f"is no longer found by {' and '.join(lost)}"
        return not lost, f"product 12 came back between two commands, and {missed}"
