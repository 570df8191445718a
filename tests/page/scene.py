"""A scene for the page: models with everything that a panel can show, observed for a day through the real listeners."""

from __future__ import annotations

import numpy as np

from tests.serve.harness import MONDAY, Exporter

CONFIG = """
defaults: {seasonality: none, reference: {learn_rows: 2000}}
models:
  - name: card-fraud
    version: "3"
    latency: {warn_seconds: 0.05, alert_seconds: 0.1}
    segments: {fields: [country], columns: [prediction]}
  - {name: demand, version: "12"}
  - {name: assistant, version: "7"}
"""
FRAUD = "/v1/models/card-fraud/versions/3"
HOURS = 24
#: from this hour on amounts come in another unit and some plans are new
BREAKS = 18
DAY = MONDAY + 3 * 86_400


def fraud(count, seed, *, broken=False):
    """Rows of a classifier: amounts, ages, categories, probabilities, ids; honest only until it breaks."""
    rng = np.random.default_rng(seed)
    amounts = rng.lognormal(3.6, 0.8, count) * (1.9 if broken else 1.0)
    ages, hours = rng.normal(41, 12, count).clip(18, 90), rng.integers(0, 24, count)
    plans = rng.choice(
        ["basic", "plus", "gold", "trial"], count, p=[0.5, 0.3, 0.12, 0.08] if broken else [0.6, 0.3, 0.1, 0]
    )
    countries = rng.choice(["de", "fr", "it", "se"], count, p=[0.4, 0.3, 0.2, 0.1])
    tenure = rng.gamma(2.0, 14.0, count)
    stated = np.clip(rng.beta(5, 2, count) * 0.5 + 0.5 - (0.08 if broken else 0), 0.5, 0.99)
    classes = np.where(rng.random(count) < 0.14 + 0.1 * broken, "fraud", "fair")
    missing = rng.random(count) < (0.06 if broken else 0.004)
    return [
        {
            "id": f"{seed}-{n}",
            "features": {
                "amount_eur": round(float(amounts[n]), 2),
                "age": round(float(ages[n])),
                "plan": str(plans[n]),
                "hour": int(hours[n]),
                "tenure_months": None if missing[n] else round(float(tenure[n]), 1),
            },
            "segment": {"country": str(countries[n])},
            "prediction": str(classes[n]),
            "proba": [round(float(stated[n]), 4), round(1 - float(stated[n]), 4)],
            "latency_s": float(rng.gamma(4, 0.012 if broken else 0.007)),
            "status": "timeout" if rng.random() < 0.006 else "ok",
        }
        for n in range(count)
    ]


def truths(rows, seed, *, broken=False):
    """What was true of the rows: as often as was stated, until it breaks."""
    rng = np.random.default_rng(1_000 + seed)
    other = {"fraud": "fair", "fair": "fraud"}
    kept = [row for row in rows if row["status"] == "ok" and rng.random() < 0.7]
    right = [rng.random() < row["proba"][0] - (0.12 if broken else 0.0) for row in kept]
    return [
        {"id": row["id"], "label": row["prediction"] if good else other[row["prediction"]]}
        for row, good in zip(kept, right, strict=True)
    ]


def demand(count, seed):
    """Rows of a regression that is well."""
    rng = np.random.default_rng(10_000 + seed)
    prices, stock = rng.normal(24, 5, count), rng.poisson(60, count)
    return [
        {
            "features": {"price_eur": float(p), "stock": int(s), "weekday": str(d)},
            "prediction": float(220 - 4 * p + 0.4 * s + rng.normal(0, 9)),
            "latency_s": float(rng.gamma(3, 0.002)),
        }
        for p, s, d in zip(prices, stock, rng.choice(["mon", "tue", "wed", "thu", "fri"], count), strict=True)
    ]


def chats(count, seed):
    """Answers of a language model."""
    rng = np.random.default_rng(20_000 + seed)
    prompts, answers = rng.lognormal(5.2, 0.6, count), rng.lognormal(5.0, 0.7, count)
    ends = rng.choice(["stop", "length", "tool_calls", "content_filter"], count, p=[0.84, 0.09, 0.05, 0.02])
    return [
        {
            "tokens_in": int(prompts[n]),
            "tokens_out": int(answers[n]) + 1,
            "ttft_s": float(rng.gamma(3, 0.12)),
            "finish_reason": str(ends[n]),
            "latency_s": float(1 + answers[n] * 0.012),
        }
        for n in range(count)
    ]


def sent(exporter, path, rows):
    answer = exporter.post(rows, path)
    assert answer.status == 202, answer.body


def play(exporter: Exporter) -> Exporter:
    """Let a day pass: what the models see, and what turns out to be true of it."""
    sent(exporter, f"{FRAUD}/observations", fraud(2_000, 0))
    sent(exporter, "/v1/models/demand/versions/12/observations", demand(2_000, 0))
    sent(exporter, "/v1/models/assistant/versions/7/observations", chats(2_000, 0))
    exporter.scrape()  # learns what waits
    for quarter in range(-12, 0):  # three days before it, so that segments have a past
        exporter.now = MONDAY + 6 * 3_600 * (quarter + 12)
        sent(exporter, f"{FRAUD}/observations", fraud(300, 500 + quarter))
    for hour in range(HOURS):
        exporter.now = DAY + 3_600 * (hour + 1)
        more(exporter, hour)
    exporter.post(b'{"features": {')
    exporter.post([{"ts": "soon"}])
    exporter.tick()
    return exporter


def more(exporter: Exporter, hour: int) -> None:
    """Send what an hour brings."""
    broken = hour >= BREAKS
    rows = fraud(240, hour + 1, broken=broken)
    sent(exporter, f"{FRAUD}/observations", rows)
    sent(exporter, f"{FRAUD}/labels", truths(rows, hour, broken=broken))
    sent(exporter, "/v1/models/demand/versions/12/observations", demand(160, hour + 1))
    sent(exporter, "/v1/models/assistant/versions/7/observations", chats(90, hour + 1))
