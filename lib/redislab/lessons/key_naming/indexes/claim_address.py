"""Give a member a free address: record and index change in one step, and no address has two owners."""

from redislab.keys import UniqueIndex
from redislab.study.checks import CheckContext, Exercise, die, requirement

ADA, BOB = "42", "7"
OLD, NEW, THIRD, BOBS = "ada@old.example", "ada@new.example", "ada@third.example", "bob@example"


class MemberContext(CheckContext):
    """Two members of one tenant, whose keys share a slot: a script may use several of them on a cluster too."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.keys = self.keys.tenant("acme", together=True)

    def prepare(self) -> None:
        for id, name, email in ((ADA, "Ada", OLD), (BOB, "Bob", BOBS)):
            self.redis.hset(self.record(id), mapping={"name": name, "email": email})
            self.redis.set(self.entry(email), id)

    def drop_address(self) -> None:
        """Ada has none any more."""
        self.redis.hdel(self.record(ADA), "email")
        self.redis.delete(self.entry(OLD))

    def claim(self, client, id: str, new: str) -> None:
        """Another client moves a member, as it should be done."""
        UniqueIndex(client, self.keys, "member", "email").claim(id, new)

    def record(self, id: str) -> str:
        return self.keys.record("member", id)

    def entry(self, address: str) -> str:
        return self.keys.unique("member", "email", address)

    def email(self, id: str) -> str | None:
        return self.redis.hget(self.record(id), "email")

    def holder(self, address: str) -> str | None:
        return self.redis.get(self.entry(address))

    def trouble(self) -> str:
        """Where record and index differ; "" if nowhere."""
        for id in (ADA, BOB):
            email = self.email(id)
            if email and self.holder(email) != id:
                return f"member {id} has {email!r}, which leads to {self.holder(email) or 'no member'}"
        for address in (OLD, NEW, THIRD, BOBS):
            holder = self.holder(address)
            if holder and self.email(holder) != address:
                return f"{address!r} leads to member {holder}, who has {self.email(holder)!r}"
        return ""


class ClaimAddress(Exercise):
    """One script: is it free, take it, change the record, drop the entry of the former address."""

    name, context, arguments = "claim-address", MemberContext, (ADA, NEW)

    @requirement("A free address is in the record, leads to the member, and True is returned", hint=1)
    def free(self, context):
        got, email, holder = context.call(ADA, NEW), context.email(ADA), context.holder(NEW)
        seen = f"the record has {email!r}, the entry leads to {holder!r}, and {got!r} was returned"
        return (got, email, holder) == (True, NEW, ADA), seen

    @requirement("The member's other fields stay; and a member without an address can have one", hint=2)
    def others(self, context):
        context.call(ADA, NEW)
        name = context.redis.hget(context.record(ADA), "name")
        if name != "Ada":
            return False, f"the name was 'Ada', and is {name!r}"
        context.reset()
        context.drop_address()
        got, trouble = context.call(ADA, NEW), context.trouble()
        return got is True and not trouble, trouble or f"the name is there, and {got!r} was returned to one without"

    @requirement("The former address leads to no member, and others can claim it", hint=3)
    def former(self, context):
        context.call(ADA, NEW)
        holder = context.holder(OLD)
        return holder is None, f"it leads to {holder or 'no member'}"

    @requirement("To claim one's own address is True, and changes nothing", hint=4)
    def own(self, context):
        got, trouble = context.call(ADA, OLD), context.trouble()
        return got is True and not trouble, trouble or f"{got!r} was returned"

    @requirement("Another member's address stays theirs: False, and nothing is changed", hint=5)
    def taken(self, context):
        got, holder, email = context.call(ADA, BOBS), context.holder(BOBS), context.email(ADA)
        seen = f"it leads to {holder!r}, whose it is not" if holder != BOB else f"it still leads to {BOB!r}"
        seen = f"{seen}; member {ADA} has {email!r}, and {got!r} was returned"
        return got is False and holder == BOB and email == OLD and not context.trouble(), seen

    @requirement(
        "If another member claims it at any moment, one of the two has it", hint=6,
        whenever=lambda context, client: context.claim(client, BOB, NEW),
    )  # fmt: skip
    def race(self, context):
        return self.consistent(context, "another one claimed it")

    @requirement(
        "If the same member moves elsewhere at any moment, one address is left", hint=7,
        whenever=lambda context, client: context.claim(client, ADA, THIRD),
    )  # fmt: skip
    def elsewhere(self, context):
        return self.consistent(context, "the member moved elsewhere")

    @requirement("A process that dies half-way leaves record and index consistent", hint=8, whenever=die)
    def death(self, context):
        return self.consistent(context, "the process died")

    def consistent(self, context, what: str) -> tuple[bool, str]:
        trouble = context.trouble()
        return not trouble, f"{what} between two commands, and {trouble}"
