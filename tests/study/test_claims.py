"""The claims board: verdicts from readings, every claim of the facts with its lab, and a run that nothing stops."""

import dataclasses
import json
import math
import re
from types import SimpleNamespace

import pytest

from redislab import claims as board_of
from redislab import labs
from redislab.errors import CapabilityError
from redislab.lessons import LESSONS
from redislab.study import claims, progress
from redislab.study.claim import (
    DEPENDS,
    FAILS,
    HOLDS,
    UNDECIDED,
    UNKNOWN,
    Always,
    Bound,
    Claim,
    Figure,
    Possible,
    Result,
    about,
    interval,
)
from redislab.study.pace import Pace
from redislab.study.stage import Stage, shared
from tests.notebooks import ROOT, cells

# what the course has to try, by section: where the module says it (0: it does not), and what the claim is called here
CONTRACT = {
    "1.1": {
        (0, "hit-ratio"),
        (141, "cache-failure"),
        (147, "stampede"),
        (148, "stale-reads"),
        (143, "cache-survives-restart"),
        (0, "jitter"),
    },
    "1.2": {(225, "write-through-consistent"), (226, "write-through-hits"), (202, "write-through-rollback")},
    "1.3": {(354, "write-behind-load"), (354, "coalescing"), (358, "write-behind-loss")},
    "1.4": {(472, "refresh-ahead-misses"), (474, "refresh-ahead-load")},
    "1.5": {
        (231, "write-through-slower"),
        (352, "write-behind-fastest"),
        (499, "matrix-reads"),
        (499, "matrix-writes"),
        (499, "matrix-consistency"),
        (499, "matrix-complexity"),
        (505, "read-ranking"),
        (506, "write-ranking"),
        (509, "consistency-ranking"),
        (509, "write-through-strong"),
    },
    "2.1": {
        (0, "encodings"),
        (582, "string-get-all"),
        (584, "score-log-n"),
        (585, "zadd-log-n"),
        (588, "range-none"),
        *((582, f"complexity-{name}") for name in ("string", "list", "set", "sorted-set", "hash")),
    },
    "2.2": {
        (597, "json-or-hash"),
        (616, "hset-no-race"),
        (625, "field-ttl-keys"),
        (732, "fixed-window"),
        (744, "sliding-window"),
    },
    "3.3": {(986, "separators")},
    "4.1": {
        (1049, "pool-reuse"),
        (1075, "connection-lost"),
        (1081, "pool-formula"),
        (1092, "pool-typical"),
        (1093, "pool-busy"),
        (1094, "pool-worker"),
        (1095, "pool-batch"),
    },
    "4.2": {
        (1108, "one-by-one"),
        (1116, "one-round-trip"),
        (1116, "pipeline-memory"),
        (1117, "pipeline-1-5-ms"),
        (1117, "pipelining-1000x"),
        (1133, "hundred-users"),
        (1141, "multi-all-or-nothing"),
        (1148, "without-multi"),
        (1366, "pipelining-100x"),
    },
    "4.3": {
        (1163, "lua-round-trips"),
        (1163, "lua-atomic"),
        (1165, "lua-trips"),
        (1173, "get-set-race"),
        (1190, "eval-cost"),
    },
    "5.1": {(1269, "keys-blocks"), (1277, "scan-blocks-nobody")},
    "5.2": {(1287, "large-values-block"), (1293, "values-100-kb")},
    "5.3": {(1299, "always-ttl")},
    "5.4": {(1314, "select-deprecated")},
    "5.5": {(1327, "no-pool")},
}


def a_claim(measure, **changes) -> Claim:
    made = Claim("made-up", 1, "4.2", "It is so", "how it is", "ms", Bound(low=10), "PipeliningLab", measure)
    return dataclasses.replace(made, **changes)


@pytest.fixture
def board():
    made = []

    def show(*arguments, **options):
        made.append(board_of(*arguments, **options))
        return made[-1]

    yield show
    for each in made:
        each.close()


# Verdicts


@pytest.mark.parametrize(
    ("bound", "readings", "verdict"),
    [
        (Bound(low=10), (10, 11, 12), HOLDS),
        (Bound(low=10), (8, 9, 9.9), FAILS),
        (Bound(low=10), (9, 11, 12), UNDECIDED),
        (Bound(1, 5), (0.5, 0.6), FAILS),
        (Bound(1, 5), (0.5, 6), UNDECIDED),  # on both sides of it
        (Bound(high=10), (1, 2, 3, 4, 5, 6, 7, 8, 100), HOLDS),  # one of many is no evidence of the median's place
        (Always(low=100), (100, 100, 100, 100, 99), FAILS),  # but of "always" it is
        (Always(low=100), (100, 100), HOLDS),
        (Possible(low=1), (0, 0, 0, 0, 0, 0, 0, 0, 2), HOLDS),  # and of "it can happen"
        (Possible(low=1), (0, 0), FAILS),
        (about(1, 5), (0.81, 5.9), HOLDS),
        (about(1000), (103, 98, 110), FAILS),
    ],
)
def test_a_verdict_follows_from_the_readings_and_the_bound(bound, readings, verdict):
    assert bound.judge(Figure.of(readings)) == verdict


def test_the_interval_holds_the_median_nine_times_in_ten():
    for n in range(1, 30):
        low, high = interval(n)
        outside = 2 * sum(math.comb(n, k) for k in range(low + 1)) / 2**n
        assert 0 <= low <= high < n and low + high == n - 1
        assert outside <= 0.1 or low == 0
        assert outside + 2 * math.comb(n, low + 1) / 2**n > 0.1  # and no narrower one does


@pytest.mark.parametrize(
    ("readings", "verdict", "words"),
    [
        ({"near": (11, 12), "far": (13, 14)}, HOLDS, "holds"),
        ({"near": (1, 2), "far": (13, 14)}, DEPENDS, "depends on the way (holds: far; does not hold: near)"),
        ({"near": (9, 12), "far": (13, 14)}, UNDECIDED, "undecided (holds: far; undecided: near)"),
        ({"near": (9, 12), "mid": (1, 1), "far": (13, 14)}, DEPENDS, "depends on the way (holds: far; does not"),
        ({}, UNKNOWN, "not measured"),
    ],
)
def test_cases_that_disagree_say_on_what_it_depends(readings, verdict, words):
    claim = a_claim(None, on="the way", cases={case: {} for case in readings})
    result = Result(claim, {case: Figure.of(those) for case, those in readings.items()})
    assert result.verdict == verdict and result.sentence.startswith(words)


def test_of_always_no_number_of_readings_is_enough():
    result = Result(a_claim(None, bound=Always(low=100)), {"": Figure.of((100, 100, 100))})
    assert result.sentence == "holds. In all of 3 readings, which is not yet always"


def test_a_case_may_have_a_bound_of_its_own_as_the_cells_of_a_table_do():
    claim = a_claim(None, on="the cell", cases={"flat": {}, "steep": {}}, bounds={"steep": Possible(low=20)})
    result = Result(claim, {"flat": Figure.of((11, 12)), "steep": Figure.of((11, 12))})
    assert result.sentence == (
        "depends on the cell (holds: flat; does not hold: steep). In none of 2 readings, which is not yet never"
    )
    assert [row["bound"] for row in result.rows] == ["at least 10", "once at least 20"]


# The contract


def test_every_claim_that_a_lab_can_measure_is_there():
    found = {}
    for claim in LESSONS.claims:
        found.setdefault(claim.section, set()).add((claim.line or 0, claim.id))
    assert found == CONTRACT
    assert len({claim.id for claim in LESSONS.claims}) == len(LESSONS.claims)
    assert f"try {len(LESSONS.claims)} claims" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("claim", LESSONS.claims, ids=lambda claim: claim.id)
def test_a_claim_is_whole(claim):
    assert math.isfinite(claim.reference) and claim.reference > 0
    assert len(claim.cases) == 1 or claim.on
    assert len(claim.says) < 100 and len(claim.measures) < 100 and claim.seconds <= 30
    assert hasattr(labs, claim.lab) and LESSONS.place(claim.lab)


@pytest.mark.parametrize("notebook", LESSONS.notebooks, ids=lambda notebook: notebook.file)
def test_sections_stand_where_the_links_lead(notebook):
    headings, under = [], {}
    for cell in cells(ROOT / "notebooks" / notebook.file):
        if cell.cell_type == "markdown":
            headings += [line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("##")]
        else:
            under |= dict.fromkeys(re.findall(r"panel\(labs\.(\w+)\(", cell.source), len(headings))
    for section in notebook.sections:
        assert section.heading in headings, f"{section.heading!r} is no heading of {notebook.file}"
    places = {section.heading for section in notebook.sections}
    for section in notebook.sections:
        for lab in section.labs:
            nearest = next(heading for heading in reversed(headings[: under[lab]]) if heading in places)
            assert nearest == section.heading, lab


def test_the_time_that_is_left_follows_the_pace_of_this_machine():
    now, told = [0.0], []
    several = [a_claim(None, id=name, seconds=20.0, lab=lab) for name, lab in (("a", "A"), ("b", "B"), ("c", "B"))]
    pace = Pace(several, lambda *told_: told.append(told_), timer=lambda: now[0])
    pace.begin(0, "a")
    now[0] = 60.0  # three times as long as it was said to take
    pace.tick()
    pace.begin(1, "b")
    now[0] = 90.0
    pace.tick()
    shares, texts, left = zip(*told, strict=True)
    assert texts == ("a", "a", "b", "b")
    # Expect that a claim is never said to be done before it is, and that c has nothing of its own to measure
    assert shares == pytest.approx((0, 20 / 40.1, 20 / 40.1, 30 / 40.1))
    assert left[2:] == pytest.approx((60.3, 30.3))


def test_what_is_asked_for_is_found_or_the_choice_is_told():
    assert [claim.id for claim in LESSONS.select("pipelining-1000x")] == ["pipelining-1000x"]
    assert {claim.section for claim in LESSONS.select("4")} == {"4.1", "4.2", "4.3"}
    assert len(LESSONS.select()) == len(LESSONS.claims)
    with pytest.raises(ValueError, match="Did you mean 'pipelining-100x'"):
        LESSONS.select("pipelining-10x")


# On the real server


def test_figures_come_from_the_labs(lab):
    found = {}
    for what in ("multi-all-or-nothing", "encodings", "get-set-race"):
        found |= {result.claim.id: result for result in board_of.run(what)}
    assert found["multi-all-or-nothing"].verdict == FAILS  # SET and LPUSH stay done
    assert found["encodings"].verdict == HOLDS
    assert found["encodings"].figures[""].median > 1.5
    assert found["get-set-race"].verdict == HOLDS
    assert 5 < found["get-set-race"].figures[""].median <= 100
    assert found["encodings"].where["server"] == f"{lab.server.product} {lab.server.version}"


def test_what_two_claims_share_is_measured_once():
    made = []

    @shared
    def readings(stage, size):
        made.append(size)
        return [size]

    stage = claims.Stage()
    several = [
        a_claim(readings, id=name, cases={"": {"size": size}}) for name, size in (("a", 20), ("b", 20), ("c", 30))
    ]
    found = list(claims.each(several, stage, lambda *_: None))
    assert [result.figures[""].median for result in found] == [20, 20, 30] and made == [20, 30]


def test_one_that_fails_is_a_sentence_and_the_next_one_follows():
    def lacks(stage):
        raise CapabilityError("this server has no TTL for fields")

    def breaks(stage, how):
        return [1 / how]

    told = []
    several = [
        a_claim(lacks),
        a_claim(breaks, cases={"here": {"how": 0.05}, "there": {"how": 0}}),
        a_claim(lambda stage: [11.0]),
    ]
    lacking, half, whole = claims.each(several, claims.Stage(), lambda *told_: told.append(told_))
    assert lacking.sentence == "not measurable here: this server has no TTL for fields" and lacking.verdict == UNKNOWN
    assert half.verdict == HOLDS and half.sentence.startswith("holds. there: could not be measured: ZeroDivisionError")
    assert whole.verdict == HOLDS
    assert [row["case_verdict"] for row in half.rows] == [HOLDS, UNKNOWN]
    shares = [share for share, _, _ in told]
    assert shares == sorted(shares) and shares[0] < 0.01 and told[2][1] == "It is so (there)"


# The board


def test_a_claim_is_run_on_the_board_and_taken_away_as_a_file(board):
    shown, sent = board("4.2"), []
    assert "none of them measured yet" in shown._sentence.html and shown.holding is None
    shown._sentence.download = lambda name, text: sent.append((name, text))
    shown.run("multi-all-or-nothing")
    assert shown.measuring and shown._table.busy
    shown.run("encodings")
    assert "Press Stop first" in shown._sentence.html
    shown.wait(30)
    assert not shown.measuring and not shown._table.busy and shown.holding == 0
    assert "✕ does not hold" in shown._table.cells["multi-all-or-nothing verdict"]
    xs, ys = shown.figure.data()[FAILS]
    assert len(xs) == len(ys) == 4 and xs[-1] is None  # low, median, high, and a gap
    assert progress.latest("claim", "multi-all-or-nothing")["verdict"] == FAILS
    shown._download("csv")
    shown._download("json")
    (csv_name, csv), (json_name, text) = sent
    assert (csv_name, json_name) == ("redislab-claims.csv", "redislab-claims.json")
    (row,) = json.loads(text)
    assert row["server"] and row["cores"] and row["at"] and row["case_verdict"] == FAILS
    assert csv.splitlines()[0].startswith("id,section,line,claim") and "1141," in csv
    again = board("4.2")
    assert repr(again) == "multi-all-or-nothing: does not hold"


def test_it_can_be_stopped(board):
    shown = board("4.3")
    shown.run("4.3")
    shown.stop()
    shown.wait(20)
    assert not shown.measuring and shown._sentence.html.endswith("Stopped.")


def test_each_claim_has_a_row_with_its_line_its_link_and_a_button(board):
    html = board()._table.html
    for claim in LESSONS.claims:
        assert f"data-run='{claim.id}'" in html and f"data-cell='{claim.id} verdict'" in html
    assert "the module, line 1117" in html and "04_performance_tuning.ipynb#4.2-Pipelining" in html


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_servers_documentation_reads_the_same_by_either_protocol(lab, protocol, monkeypatch):
    client = lab.server.client(protocol=protocol)
    monkeypatch.setattr(Stage, "lab", SimpleNamespace(redis=client))
    told = Stage().documented("GETSET")["getset"]
    assert told["group"] == "string" and "deprecated" in told["doc_flags"]
    client.close()
