"""A shop with known faults, for the clinic to find."""

HOUR = 3600
KINDS = (  # %, name, bytes, TTL in s: what the shop has, beside the keys of `add_faults`
    (38, "shop:product:#", 300, HOUR),
    (16, "shop:session:#", 200, 0),
    (12, "shop:cache:page:#", 400, HOUR),
    (3, "shop:cache:page:#", 400, 0),
    (20, "shop:user:#", 120, 0),
    (5, "Basket:#:Items", 100, HOUR),
    (3, "user_#_prefs", 100, HOUR),
    (3, "shop:otp:48#", 8, HOUR),
)
FAULTS = {  # (rule, subject) of the findings that they lead to
    ("missing TTL", "shop:session:*"),
    ("missing TTL", "shop:cache:page:*"),
    ("big key", "shop:export:*"),
    ("big key", "shop:log:orders"),
    ("naming: lower case", "Basket:*:Items"),
    ("naming: separator", "user_*_prefs"),
    ("naming: no secrets", "shop:otp:*"),
    ("encoding", "shop:review:*"),
    ("dangling index", "shop:picks:today"),
}


def add_faults(client, keys: int) -> None:
    """Write those faults that take a key of their own, into a shop of so many keys."""
    pipeline = client.pipeline(transaction=False)
    pipeline.set("shop:export:1", "x" * 3_000_000, ex=HOUR).unlink("shop:log:orders", "shop:picks:today")
    for start in range(0, 120_000, 20_000):
        pipeline.rpush("shop:log:orders", *range(start, start + 20_000))
    for id in range(200):
        pipeline.hset(f"shop:review:{id}", mapping={"stars": 4, "text": "well made " * 20})
    every_so_many = max(1, keys // 20)
    pipeline.sadd("shop:picks:today", *(f"shop:product:{id}" for id in range(0, 4 * keys, every_so_many)))
    pipeline.execute()
