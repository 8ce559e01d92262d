"""Naming: keys have one birthplace each."""

from redislab.keys.namespace import KeyNamespace

__all__ = ["KeyNamespace"]
