"""Profiles: what was counted of a data set, and the ring of them that makes windows."""

from driftgauge.profile.calibration import CEILING, LEAST_CHUNKS, STUCK, Calibration
from driftgauge.profile.codec import FORMAT_VERSION, dumps, loads
from driftgauge.profile.count_ring import CountRing
from driftgauge.profile.outcomes import CLASSIFICATION, REGRESSION, Outcomes, OutcomeSpec
from driftgauge.profile.profile import Block, Profile, ProfileSpec, Reading
from driftgauge.profile.reference import EMBEDDING, PERFORMANCE, TOKENS, Provenance, Reference, sketch_name
from driftgauge.profile.ring import Ring
from driftgauge.profile.schema import CATEGORICAL, INPUT, NUMERIC, OUTPUT, ColumnSchema, Schema
from driftgauge.profile.sketch_count_ring import SketchCountRing
from driftgauge.profile.sketch_ring import SketchRing
from driftgauge.profile.strata import DAY_SECONDS, HOUR_SECONDS, HOURS, Strata
from driftgauge.profile.window import WINDOWS, Window

__all__ = [
    "CATEGORICAL",
    "CEILING",
    "CLASSIFICATION",
    "DAY_SECONDS",
    "EMBEDDING",
    "FORMAT_VERSION",
    "HOURS",
    "HOUR_SECONDS",
    "INPUT",
    "LEAST_CHUNKS",
    "NUMERIC",
    "OUTPUT",
    "PERFORMANCE",
    "REGRESSION",
    "STUCK",
    "TOKENS",
    "WINDOWS",
    "Block",
    "Calibration",
    "ColumnSchema",
    "CountRing",
    "OutcomeSpec",
    "Outcomes",
    "Profile",
    "ProfileSpec",
    "Provenance",
    "Reading",
    "Reference",
    "Ring",
    "Schema",
    "SketchCountRing",
    "SketchRing",
    "Strata",
    "Window",
    "dumps",
    "loads",
    "sketch_name",
]
