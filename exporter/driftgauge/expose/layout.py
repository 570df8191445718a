"""Layout: the blocks of one model, made once for its shape."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from driftgauge.expose.anomalies import anomaly_blocks
from driftgauge.expose.anytime import anytime_blocks
from driftgauge.expose.block import Block, Scope
from driftgauge.expose.classes import class_blocks, merged_series
from driftgauge.expose.clients import client_blocks
from driftgauge.expose.confidence import confidence_blocks
from driftgauge.expose.drift import drift_blocks
from driftgauge.expose.embeddings import embedding_blocks
from driftgauge.expose.fleet import fleet_blocks
from driftgauge.expose.generations import generation_blocks
from driftgauge.expose.labels import label_blocks
from driftgauge.expose.levels import level_blocks
from driftgauge.expose.performance import performance_blocks
from driftgauge.expose.segments import segment_blocks
from driftgauge.expose.shape import Shape
from driftgauge.expose.stuck import stuck_blocks
from driftgauge.expose.tensors import tensor_blocks
from driftgauge.expose.tokens import token_blocks
from driftgauge.expose.traffic import traffic_blocks
from driftgauge.model import ModelView
from driftgauge.names import Metric

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The series of one model.

    Attributes:
        shape: what they depend on.
        blocks: by metric.
        sizes: series per rank, those without a value now included, so that what is cut does not change with values.
        merged: series of classes that were added up in `_other` because of the limit.
    """

    shape: Shape
    blocks: Mapping[Metric, tuple[Block, ...]]
    sizes: Mapping[str, int]
    merged: int

    @classmethod
    def of(cls, view: ModelView, shape: Shape, class_limit: int) -> Layout:
        """Lay out the series of *view*."""
        scope = Scope(shape.name, shape.version, shape.columns)
        blocks = [*traffic_blocks(scope, shape), *drift_blocks(scope, shape), *class_blocks(scope, shape, class_limit)]
        blocks += confidence_blocks(scope, shape)
        blocks += client_blocks(scope, shape)
        blocks += label_blocks(scope, shape)
        blocks += performance_blocks(scope, shape)
        blocks += embedding_blocks(scope, shape)
        blocks += token_blocks(scope, shape)
        blocks += anomaly_blocks(scope, shape)
        blocks += tensor_blocks(scope, shape)
        blocks += anytime_blocks(scope, shape)
        blocks += level_blocks(scope, shape)
        blocks += stuck_blocks(scope, shape)
        blocks += segment_blocks(scope, shape)
        if view.reference is not None:
            blocks += fleet_blocks(scope, shape, view.reference)
        if shape.generates:
            blocks += generation_blocks(scope)
        by_metric: defaultdict[Metric, list[Block]] = defaultdict(list)
        sizes: Counter[str] = Counter()
        for block in blocks:
            by_metric[block.metric].append(block)
            sizes[block.rank] += len(block.prefixes)
        tuples = {metric: tuple(found) for metric, found in by_metric.items()}
        return cls(shape, tuples, sizes, merged_series(shape, class_limit))

    @property
    def key(self) -> tuple[str, str, str]:
        """Tell models and references apart."""
        return self.shape.name, self.shape.version, self.shape.digest
