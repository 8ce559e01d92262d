"""What the learner sees: the panel, the live figure, source on demand, and the lab's card."""

from redislab.screen.live import LiveFigure
from redislab.screen.panel import Panel, panel

__all__ = ["LiveFigure", "Panel", "panel"]
