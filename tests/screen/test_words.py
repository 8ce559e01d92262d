"""What a panel says."""

import pytest

from redislab.bench import number, switch
from redislab.screen import words


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1500.0, "/s", "1,500/s"),
        (10.0, "±%", "±10 %"),
        (0.2, "s", "0.2 s"),
        (1_000_000, "B", "1,000,000 B"),
        (0.9, "", "0.9"),
    ],
)
def test_a_quantity_as_one_says_it(value, unit, said):
    assert words.quantity(value, unit) == said


@pytest.mark.parametrize(
    ("value", "said"), [(68.9123, "68.9 %"), (0.1234, "0.12 %"), (1234.5, "1,234 %"), (50, "50 %"), (None, "–")]
)
def test_a_measurement_has_the_digits_it_deserves(value, said):
    assert words.measured(value, "%") == said


def test_the_status_names_the_server_and_what_came_back():
    values = {"offered": 600.4, "achieved": 598.0, "requests": 12345, "errors": 0.0, "round_trip_ms": 0.123}
    html = words.status("A lab", "running", {"server": "Redis 8.2.1", "backend": "docker"}, values)
    for text in ("running", "Redis 8.2.1 · docker", "<b>0.12</b> ms", "<b>600</b>/s", "<b>598</b>/s", "12,345"):
        assert text in html
    assert "failing" not in html


def test_a_request_in_two_seconds_is_not_none():
    html = words.status("A lab", "running", {}, {"offered": 0.5, "achieved": 0.0, "requests": 1})
    assert "offered <b>0.5</b>/s, achieved <b>0</b>/s" in html


def test_failing_requests_are_counted_and_their_error_is_escaped():
    values = {"offered": 1, "achieved": 1, "requests": 1, "errors": 3.0, "error": "<b>refused</b>"}
    html = words.status("A lab", "running", {}, values)
    assert "failing: <b>3.0</b>/s (&lt;b&gt;refused" in html


def test_a_claim_without_a_guess_has_no_column_for_it():
    assert "guess" not in words.claim_line("fast", None, None, None)
    assert "measuring" in words.claim_line("fast", None, None, None)
    whole = words.claim_line("a < b", "50 %", "12 %", "no")
    assert "a &lt; b" in whole and all(text in whole for text in ("50 %", "12 %", "no"))


def test_where_knobs_stand_is_said_by_their_labels():
    knobs = {"ttl": number(1.0, 0, 9, label="TTL", unit="s").knob, "on": switch(True, label="Guard").knob}
    assert words.settings({"ttl": 2.0, "on": False}, knobs) == "TTL 2 s, Guard off"


def test_the_table_has_a_row_a_second_and_the_newest_on_top():
    samples = [{"t": i / 10, "p99": float(i)} for i in range(300)]
    html = words.table([("p99", "p99, ms"), ("gone", "gone")], samples, rows=5)
    assert html.count("<tr>") == 6 and "p99, ms" in html and "–" in html
    assert html.index("<td>29</td>") < html.index("<td>25</td>") and "<td>24</td>" not in html


def test_a_sweep_says_that_its_loop_is_closed_and_when_it_is_done():
    values = {"progress": 0.5, "progress_text": "N = 1,000", "curve": [{"x": 1}]}
    html = words.status("A lab", "running", {}, values)
    assert "rl-running" in html and "closed loop, <b>1</b> points" in html and "offered" not in html
    assert "rl-done" in words.status("A lab", "running", {}, values | {"progress": 1})
    assert "rl-paused" in words.status("A lab", "paused", {}, values | {"progress": 1})


def test_progress_is_a_bar_that_can_be_heard():
    html = words.progress(0.5, "N < 1,000")
    assert "<progress max='1' value='0.500' aria-label=" in html and "50 %, N &lt; 1,000" in html


def test_a_grid_has_a_head_and_marks_what_holds():
    html = words.grid([["what", "holds"], ["a<b", "✓ so"], ["c", "✗ not"]])
    assert "<th scope='col'>what</th>" in html and "<td>a&lt;b</td>" in html
    assert "<td class='rl-met'>✓ so</td>" in html and "<td class='rl-not-met'>✗ not</td>" in html
