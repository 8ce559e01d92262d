"""What every rate limiter is asked."""

from redislab.study.checks import Scene

LIMIT, WINDOW = 5, 60  # requests, s


def ask(scene: Scene, who: str = "ada") -> bool:
    return bool(scene.call(who, LIMIT, WINDOW))


def last_place(scene: Scene) -> tuple[bool, str]:
    """With one place left another request comes at any moment of one: is one of the two admitted?"""
    other = []
    for moment in scene.moments(lambda: other.append(ask(scene))):
        scene.forget()
        other.clear()
        for _ in range(LIMIT - 1):
            ask(scene)
        got = bool(moment("ada", LIMIT, WINDOW)) + sum(other)
        if other and got != 1:
            return False, f"the other one came between two commands, and {got} of two were admitted"
    return True, "whenever the other one came, one was admitted"
