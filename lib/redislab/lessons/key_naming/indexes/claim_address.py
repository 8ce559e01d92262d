"""Give a member a free address: record and index move in one step, and no address has two owners."""

from redislab.study.checks import Exercise, Scene, requirement

ADA, BOB = "42", "7"
OLD, NEW, THIRD, BOBS = "ada@old.example", "ada@new.example", "ada@third.example", "bob@example"


class TenantScene(Scene):
    """A scene of one tenant, whose keys share a slot: a script may use several of them on a cluster too."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.keys = self.keys.tenant("acme", together=True)


class ClaimAddress(Exercise):
    """One script: is it free, take it, change the record, drop the entry of the address that the record had."""

    name, scene = "claim-address", TenantScene

    @requirement("A free address is in the record, leads to the member, and True is returned", hint=1)
    def free(self, scene: Scene):
        self.have(scene)
        got, email, holder = scene.call(ADA, NEW), self.email(scene, ADA), self.holder(scene, NEW)
        seen = f"the record has {email!r}, the entry leads to {holder!r}, and {got!r} was returned"
        return (got, email, holder) == (True, NEW, ADA), seen

    @requirement("What else is known of the member stays; and whoever had no address can have one", hint=1)
    def others(self, scene: Scene):
        self.have(scene)
        scene.call(ADA, NEW)
        name = scene.server.hget(scene.keys.entity("member", ADA), "name")
        if name != "Ada":
            return False, f"the name was 'Ada', and is {name!r}"
        self.have(scene, {ADA: None, BOB: BOBS})
        got, trouble = scene.call(ADA, NEW), self.trouble(scene)
        return got is True and not trouble, trouble or f"the name is there, and {got!r} was returned to one without"

    @requirement("The former address leads to nobody, and can be had by others", hint=2)
    def former(self, scene: Scene):
        self.have(scene)
        scene.call(ADA, NEW)
        holder = self.holder(scene, OLD)
        return holder is None, f"it leads to {holder or 'nobody'}"

    @requirement("To claim one's own address is True, and changes nothing", hint=2)
    def own(self, scene: Scene):
        self.have(scene)
        got, trouble = scene.call(ADA, OLD), self.trouble(scene)
        return got is True and not trouble, trouble or f"{got!r} was returned"

    @requirement("Somebody else's address stays theirs: False, and nothing is changed", hint=3)
    def taken(self, scene: Scene):
        self.have(scene)
        got, holder, email = scene.call(ADA, BOBS), self.holder(scene, BOBS), self.email(scene, ADA)
        seen = f"it leads to {holder!r}, whose it is not" if holder != BOB else f"it still leads to {BOB!r}"
        seen = f"{seen}; member {ADA} has {email!r}, and {got!r} was returned"
        return got is False and holder == BOB and email == OLD and not self.trouble(scene), seen

    @requirement("If another claims it at any moment, one of the two has it", hint=4)
    def race(self, scene: Scene):
        return self.undisturbed(scene, BOB, BOBS, NEW, "another one claimed it")

    @requirement("If the same member moves elsewhere at any moment, one address is left", hint=4)
    def elsewhere(self, scene: Scene):
        return self.undisturbed(scene, ADA, OLD, THIRD, "the member moved elsewhere")

    @requirement("Whoever dies half-way leaves record and index as one", hint=4)
    def death(self, scene: Scene):
        for dying in scene.deaths():
            self.have(scene)
            dying(ADA, NEW)
            if trouble := self.trouble(scene):
                return False, f"the process died between two commands, and {trouble}"
        return True, "they are, at each moment"

    def undisturbed(self, scene: Scene, id: str, old: str, new: str, what: str):
        """Whether all is in order though a member moves, as it should be done, just before any command."""

        def move():
            if scene.server.set(scene.keys.unique("member", "email", new), id, nx=True):
                scene.server.hset(scene.keys.entity("member", id), "email", new)
                scene.server.delete(scene.keys.unique("member", "email", old))

        for moment in scene.moments(move):
            self.have(scene)
            moment(ADA, NEW)
            if trouble := self.trouble(scene):
                return False, f"{what} between two commands, and {trouble}"
        return True, "all is in order, at each moment"

    def have(self, scene: Scene, emails=None) -> None:
        """Two members, with their addresses, and nothing else."""
        keys, emails = scene.keys, emails or {ADA: OLD, BOB: BOBS}
        entries = {address: keys.unique("member", "email", address) for address in (OLD, NEW, THIRD, BOBS)}
        scene.note(*entries.values(), *(keys.entity("member", id) for id in emails))
        scene.forget()
        for id, email in emails.items():
            record = {"name": {ADA: "Ada", BOB: "Bob"}[id]} | ({"email": email} if email else {})
            scene.server.hset(keys.entity("member", id), mapping=record)
            if email:
                scene.server.set(entries[email], id)

    def email(self, scene: Scene, id: str) -> str | None:
        return scene.server.hget(scene.keys.entity("member", id), "email")

    def holder(self, scene: Scene, address: str) -> str | None:
        return scene.server.get(scene.keys.unique("member", "email", address))

    def trouble(self, scene: Scene) -> str:
        """Where record and index differ; "" if nowhere."""
        for id in (ADA, BOB):
            email = self.email(scene, id)
            if email and self.holder(scene, email) != id:
                return f"member {id} has {email!r}, which leads to {self.holder(scene, email) or 'nobody'}"
        for address in (OLD, NEW, THIRD, BOBS):
            holder = self.holder(scene, address)
            if holder and self.email(scene, holder) != address:
                return f"{address!r} leads to member {holder}, who has {self.email(scene, holder)!r}"
        return ""
