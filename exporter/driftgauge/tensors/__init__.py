"""Tensors: what tensors of the Open Inference Protocol that are no tables say, as columns of facts; `ingest` in, `derive` out."""

from driftgauge.tensors.reducer import PICTURE_SCORES, POSITION_SCORES, RESULTS, Gate, TensorReducer

__all__ = ["PICTURE_SCORES", "POSITION_SCORES", "RESULTS", "Gate", "TensorReducer"]
