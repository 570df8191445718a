"""Preview: the dashboards' queries on a simulated history, and pictures of the answers, without Grafana.

    story -> history (the real engine, on its own clock) -> tsdb (a real Prometheus) -> backfill (the rules)
          -> grafana (variables, queries) -> draw

What is simulated is traffic and time. Scores, series and rules are the product's own.
"""
