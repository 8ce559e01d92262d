"""What every audit says: one finding, with its reason and its cure."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """Something that an audit saw in a keyspace.

    rule: the rule or audit that was broken.
    subject: the key or the prefix that breaks it.
    seen: what was seen, with figures.
    why: why it matters.
    cure: how to mend it.
    weight: how much it matters; 1 a hint, 2 a warning, 3 a danger.
    lab: the notebook and the section of the course that explain it; empty where there is none.
    check: how to see afterwards that it is mended.
    figures: what was seen, for programs: counts, bytes, ms, percentages and names by key; None where it is unknown.
    """

    rule: str
    subject: str
    seen: str
    why: str
    cure: str
    weight: int = 1
    lab: str = ""
    check: str = ""
    figures: dict = field(default_factory=dict, hash=False)
