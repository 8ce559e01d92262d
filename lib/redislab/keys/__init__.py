"""Naming: keys have one birthplace each, names have rules, and indexes move with what they find."""

from redislab.keys.finding import Finding
from redislab.keys.groups import GROUPS, Group, TtlGroups
from redislab.keys.indexes import Index, UniqueIndex
from redislab.keys.namespace import KeyNamespace
from redislab.keys.naming import PATTERNS, RULES, Pattern, Rule, inconsistent, lint, recognise
from redislab.keys.slots import explain, hash_tag, share_a_slot, slot
