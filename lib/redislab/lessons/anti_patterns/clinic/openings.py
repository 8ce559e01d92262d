"""From a finding to the lab that shows it, with the knobs set to what was found.

A lab is loaded when a finding leads to it: the command line has to load no other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from redislab.bench import Experiment
from redislab.keys import Finding
from redislab.study.lessons import own_classes

STRUCTURES = {"list": "list", "set": "set", "zset": "sorted set", "hash": "hash"}  # as ComplexityLab calls them
Wanted = tuple[str, dict]  # the section whose lab it is, and what its knobs should be; None leaves one where it is
ENCODED = {"hash": "hash", "zset": "sorted set", "set": "set of numbers"}  # as EncodingsLab does


@dataclass(frozen=True)
class Opening:
    """A lab, and its knobs as a finding has them.

    Attributes:
        notes: what of the figures the lab does not have, and what it takes instead; a sentence each.
    """

    lab: type[Experiment]
    knobs: dict
    notes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """A cell of a notebook: `panel(labs.KeysLab(keys=120_000))`."""
        knobs = ", ".join(f"{name}={spelled(value)}" for name, value in self.knobs.items())
        return f"panel(labs.{self.lab.__name__}({knobs}))"

    @property
    def stands(self) -> str:
        """Where the knobs stand, in words: "Value 3,000,000 B"."""
        known = self.lab.knobs()
        return ", ".join(f"{known[name].label} {known[name].said(value)}" for name, value in self.knobs.items())

    def make(self) -> Experiment:
        return self.lab(**self.knobs)


def opening(finding: Finding) -> Opening:
    """What shows a finding of any of `redislab.antipatterns.AUDITS`.

    Raises:
        LookupError: it is another audit's.
    """
    section, wanted = OPENINGS[finding.rule.partition(":")[0]](finding.figures)
    (lab,) = own_classes(import_module(f"redislab.lessons.{section}.lab"), Experiment).values()
    known, knobs, notes = lab.knobs(), {}, []
    for knob, value in wanted.items():
        if value is not None:
            knobs[knob], note = known[knob].fit(value)
            notes.append(note)
    return Opening(lab, knobs, tuple(filter(None, notes)))


def spelled(value) -> str:
    """As Python reads it, on one line: 120_000, 0.5, 'user:1'."""
    whole = isinstance(value, (int, float)) and value == int(value)
    return f"{int(value):_}" if whole and not isinstance(value, bool) else repr(value)


def lifetimes(figures: dict) -> Wanted:
    """What each policy does with keys of which as many have a TTL, in as little memory."""
    return "anti_patterns.missing_ttls", {name: figures[name] for name in ("policy", "with_ttl", "limit")}


def big_key(figures: dict) -> Wanted:
    """A collection by what reading all of it costs; a value, or a stream, by what its bytes do to others."""
    if figures["kind"] in STRUCTURES:
        whole = {"operation": "Get all items", "structure": STRUCTURES[figures["kind"]]}
        return "data_modeling.complexity", whole | {"largest": figures["elements"]}
    return "anti_patterns.large_values", {"size": figures["bytes"]}


def name(figures: dict) -> Wanted:
    return "key_naming.names", {"key": figures["key"], "many": figures.get("keys")}


def heavy_prefix(figures: dict) -> Wanted:
    by_memory = (figures["memory_share"] or 0) > figures["share"]
    return "key_naming.keyspace", {"keys": figures["total"], "area": "bytes" if by_memory else "keys"}


def encoding(figures: dict) -> Wanted:
    """With as many fields; where one of them is too long, as long a one, too."""
    long_ones = 2 * figures["too_long"] > figures["keys"]
    return "data_modeling.encodings", {
        "structure": ENCODED[figures["kind"]],
        "fields": figures["elements"],
        "value": max(figures["element_bytes"] or 0, figures["longest"] * 5 // 4) if long_ones else None,
        "entries": figures["limit"],
        "longest": figures["longest"],
    }


def dangling_index(figures: dict) -> Wanted:
    """Records that expire leave their entries behind; others were removed by two commands of which one was missing."""
    if figures["expiring"] is False:
        return "key_naming.indexes", {"method": "As in the module", "rtt": figures["round_trip_ms"]}
    return "data_modeling.catalogue", {"entries": "As in the module", "products": figures["elements"]}


OPENINGS: dict[str, Callable[[dict], Wanted]] = {
    "missing TTL": lifetimes,
    "nothing to evict": lifetimes,
    "records that may be evicted": lifetimes,
    "big key": big_key,
    "naming": name,
    "heavy prefix": heavy_prefix,
    "encoding": encoding,
    "dangling index": dangling_index,
}
