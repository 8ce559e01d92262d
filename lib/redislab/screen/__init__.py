"""What the learner sees: the panel, the live figure, source on demand, and the lab's card."""

from redislab.bench.races import races
from redislab.screen import card
from redislab.screen.live import LiveFigure
from redislab.screen.panel import Panel, panel
from redislab.screen.show import Source, show

card.register()
