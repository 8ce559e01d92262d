"""Find products by their tags when some have expired: leave those out, and take them out of the tags."""

from redislab.study.checks import Exercise, Scene, Sent, count, requirement

PRODUCTS = 60
TAGS = {"laptop": range(0, 60, 2), "light": range(0, 60, 3), "used": range(0, 60, 5)}
BOTH = {str(number) for number in range(0, 60, 6)}  # laptop and light
GONE = {"0", "12", "24"}  # of those
MOST_TRIPS, MOST_VALUES = 3, 40


class LivingProducts(Exercise):
    """Intersect, look, and prune what is dead: in one step, because a product may come back meanwhile."""

    name = "living-products"

    @requirement("Products that have all the tags, of two or of three", hint=1)
    def tagged(self, scene: Scene):
        self.have(scene)
        two, three = self.ask(scene, "laptop", "light"), self.ask(scene, "laptop", "light", "used")
        seen = f"{count(len(two), 'product')} with two tags and {len(three)} with three; wanted 10 and 2"
        return two == BOTH and three == {"0", "30"}, seen

    @requirement("Those that have expired are left out", hint=2)
    def living(self, scene: Scene):
        self.have(scene, gone=GONE)
        got = self.ask(scene, "laptop", "light")
        dead = len(got & GONE)
        return (
            got == BOTH - GONE,
            f"{dead} of {len(GONE)} that have expired came back, and {len(got) - dead} living; wanted 0 and 7",
        )

    @requirement("It fetches what is in all the tags, not the tags", hint=1)
    def sparing(self, scene: Scene):
        values = self.cost(scene).values
        return values <= MOST_VALUES, f"{count(values, 'value')} came back for 7 products"

    @requirement(f"In {MOST_TRIPS} round trips at most, however many products there are", hint=2)
    def trips(self, scene: Scene):
        trips = self.cost(scene).trips
        return trips <= MOST_TRIPS, f"{count(trips, 'round trip')} for 10 products"

    @requirement("They are gone from these tags afterwards, and the living are not", hint=3)
    def pruned(self, scene: Scene):
        self.have(scene, gone=GONE)
        self.ask(scene, "laptop", "light")
        for tag in ("laptop", "light"):
            members, had = scene.server.smembers(scene.keys.catalog("tag", tag)), set(map(str, TAGS[tag]))
            dead, lost = len(members & GONE), len(had - GONE - members)
            if dead or lost:
                return (
                    False,
                    f"the tag {tag!r} still has {dead} of {len(GONE)} that have expired, and has lost {lost} living",
                )
        return True, "both tags hold the living only"

    @requirement("A product that comes back meanwhile keeps its tags", hint=4)
    def returns(self, scene: Scene):
        for moment in scene.moments(lambda: self.put(scene, "12")):
            self.have(scene, gone=GONE)
            moment("laptop", "light")
            lost = [
                tag for tag in ("laptop", "light") if not scene.server.sismember(scene.keys.catalog("tag", tag), 12)
            ]
            if moment.came and lost:
                return (
                    False,
                    f"product 12 came back between two commands, and is found no more by {' and '.join(lost)}",
                )
        return True, "it does, whenever it comes"

    def have(self, scene: Scene, gone=()) -> None:
        """All products and tags, and then without the products that are gone."""
        products = [scene.keys.catalog("product", number) for number in range(PRODUCTS)]
        scene.note(*products, *(scene.keys.catalog("tag", tag) for tag in TAGS))
        scene.forget()
        pipeline = scene.server.pipeline()
        for number, key in enumerate(products):
            if str(number) not in gone:
                pipeline.hset(key, mapping={"name": f"Product {number}"})
        for tag, numbers in TAGS.items():
            pipeline.sadd(scene.keys.catalog("tag", tag), *numbers)
        pipeline.execute()

    def put(self, scene: Scene, id: str) -> None:
        """A product and its tags, as the shop saves them."""
        pipeline = scene.server.pipeline().hset(scene.keys.catalog("product", id), mapping={"name": "Back again"})
        for tag in ("laptop", "light"):
            pipeline.sadd(scene.keys.catalog("tag", tag), id)
        pipeline.execute()

    def cost(self, scene: Scene) -> Sent:
        """Of a call that finds some expired, when scripts are loaded."""
        for _ in range(2):
            self.have(scene, gone=GONE)
            scene.sent()
            self.ask(scene, "laptop", "light")
        return scene.sent()

    def ask(self, scene: Scene, *tags: str) -> set[str]:
        return set(map(str, scene.call(*tags)))
