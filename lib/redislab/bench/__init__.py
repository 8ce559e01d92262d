"""Runs one experiment in a process of its own: open-loop load, HdrHistogram, recordings."""

from redislab.bench.charts import Chart, Line
from redislab.bench.experiment import Experiment, action
from redislab.bench.instruments import Watch, watch
from redislab.bench.knobs import Knob, choice, decision, number, switch, text
from redislab.bench.networked import Networked
from redislab.bench.recording import Recording
from redislab.bench.session import Sample, Session, State, open_session
from redislab.bench.sweep import Sweep

__all__ = [
    "Chart",
    "Experiment",
    "Knob",
    "Line",
    "Networked",
    "Recording",
    "Sample",
    "Session",
    "State",
    "Sweep",
    "Watch",
    "action",
    "choice",
    "decision",
    "number",
    "open_session",
    "switch",
    "text",
    "watch",
]
