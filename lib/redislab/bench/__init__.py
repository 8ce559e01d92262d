"""Runs one experiment in a process of its own: open-loop load, histograms, recordings. This is what other floors use of it."""

from redislab.bench.at_work import Load
from redislab.bench.cards import Card
from redislab.bench.charts import (
    Chart,
    Line,
    bars,
    dashed,
    dotted,
    parts,
    ranking,
    solid,
    time_chart,
    treemap,
    xy_chart,
)
from redislab.bench.experiment import Experiment, action, on
from redislab.bench.instruments import Watch, Work, commandstats, watch
from redislab.bench.knobs import Knob, choice, decision, number, switch, text
from redislab.bench.networked import Networked, round_trip
from redislab.bench.recording import Recording
from redislab.bench.session import Bench, PauseReason, Sample, Session, State
from redislab.bench.sweep import Sweep
from redislab.bench.tables import WatchedTable
from redislab.bench.timings import Timings
from redislab.bench.yours import YOURS, Yours, a_list, a_number, record, truth
