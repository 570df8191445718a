"""Small references with inputs of several kinds, and views of what came later."""

from __future__ import annotations

from functools import cache

import numpy as np

from driftgauge.batch import Batch, Categories, Mixed, Requests
from driftgauge.config import ModelSettings
from driftgauge.model import Counters
from driftgauge.model.batch_job import BatchJob, view_batch
from driftgauge.profile import HOURS
from driftgauge.reference import BuildOptions, build

PLANS = ("basic", "plus", "gold", "trial")
NOW = 1.75e9


def rows(count, seed):
    """Return inputs by name: amounts, temperatures, hours, counts of children, plans."""
    rng = np.random.default_rng(seed)
    return {
        "amount": rng.lognormal(3.6, 0.8, count),
        "balance": rng.gamma(2.0, 300.0, count),
        "celsius": rng.normal(18.0, 6.0, count),
        "hour": np.clip(np.round(rng.normal(14, 4, count)), 0, 23),
        "children": rng.poisson(1.5, count).astype(np.float64),
        "plan": rng.choice(np.array(PLANS), count, p=[0.5, 0.3, 0.15, 0.05]),
        "score": rng.beta(2, 3, count),
    }


def batch(columns, **more):
    """Return rows as a batch; the score is the output."""
    inputs = {name: column(values) for name, values in columns.items() if name != "score"}
    count = len(next(iter(inputs.values())))
    outputs = {"prediction": np.asarray(columns["score"])} if "score" in columns else {}
    return Batch(count, inputs=inputs, outputs=outputs, requests=Requests(count), **more)


def column(values):
    if isinstance(values, Mixed):
        return values
    values = np.asarray(values)
    if values.dtype.kind == "f":
        return values
    words, codes = np.unique(values, return_inverse=True)
    return Categories(codes.astype(np.int32), tuple(map(str, words)))


@cache
def reference():
    """Return the profile of 20,000 rows."""
    return build(lambda: [batch(rows(20_000, 1))], BuildOptions("training", NOW, version="1", multivariate=False))


def seen(columns, known=None, version="1", time_range=None):
    """Return the view of a file with these columns."""
    known = known or reference()
    spec = known.profile.spec
    reading = spec.read(batch(columns))
    job = BatchJob(spec.count(reading.block), time_range, np.zeros(HOURS, dtype=np.int64))
    view = view_batch("loans", version, known, job, settings=ModelSettings(), now=NOW)
    return view, Counters(predictions=int(job.profile.rows[0]), violations=dict(reading.violations))
