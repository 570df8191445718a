"""Alerts: recorded series and exporter metrics in, symptoms out; one module per place where one looks first."""
