"""Naming: keys have one birthplace each."""

from redislab.keys.finding import Finding
from redislab.keys.namespace import KeyNamespace

__all__ = ["Finding", "KeyNamespace"]
