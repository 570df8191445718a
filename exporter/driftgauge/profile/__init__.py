"""Profiles: what was counted of a data set, and the ring of them that makes windows."""

from driftgauge.profile.codec import FORMAT_VERSION, dumps, loads
from driftgauge.profile.profile import Block, Profile, ProfileSpec, Reading
from driftgauge.profile.reference import Provenance, Reference
from driftgauge.profile.ring import WINDOWS, Ring, Window
from driftgauge.profile.schema import CATEGORICAL, INPUT, NUMERIC, OUTPUT, ColumnSchema, Schema

__all__ = [
    "CATEGORICAL",
    "FORMAT_VERSION",
    "INPUT",
    "NUMERIC",
    "OUTPUT",
    "WINDOWS",
    "Block",
    "ColumnSchema",
    "Profile",
    "ProfileSpec",
    "Provenance",
    "Reading",
    "Reference",
    "Ring",
    "Schema",
    "Window",
    "dumps",
    "loads",
]
