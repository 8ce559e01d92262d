"""One experiment a class, one file a notebook section."""

from redislab.labs.cache_aside import StampedeLab, TtlLab
from redislab.labs.start_here import FirstContact

__all__ = ["FirstContact", "StampedeLab", "TtlLab"]
