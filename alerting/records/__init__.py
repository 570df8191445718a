"""Recording rules: exporter metrics in, series of a model, of its fleet and of its versions out.

A name says the level, what it is and what was done: `fleet:driftgauge_drift_debiased:sum`. The label `window` says over
which time, as it does in the exporter's own metrics.
"""
