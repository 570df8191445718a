"""Catalogue: every group, in the order in which the files have them. A new family of rules is one line here."""

from __future__ import annotations

from dataclasses import replace

from alerting.alerts import (
    checkpoints,
    clients,
    drift,
    events,
    exporter,
    generations,
    health,
    labels,
    levels,
    listeners,
    proxy,
    quality,
    reference,
    segments,
    service,
)
from alerting.records import canary, fleet, traffic
from alerting.records import labels as label_records
from alerting.records import quality as quality_records
from alerting.rule import Alert, Group
from alerting.scope import Scope
from alerting.settings import Settings

__all__ = ["groups"]


def groups(settings: Settings) -> tuple[Group, ...]:
    """Return the groups of a site."""
    scope = Scope(settings)
    fast = settings.intervals.fast
    hour, day = fleet.groups(scope)
    return tuple(
        _chosen(settings, group)
        for group in (
            *traffic.groups(scope),
            hour,
            replace(day, rules=(*day.rules, canary.stable(scope), *drift.fleet_alerts(scope))),
            *(replace(group, rules=(*group.rules, *drift.canary_alerts(scope))) for group in canary.groups(scope)),
            *(replace(group, rules=(*group.rules, *quality.alerts(scope))) for group in quality_records.groups(scope)),
            *(replace(group, rules=(*group.rules, *labels.alerts(scope))) for group in label_records.groups(scope)),
            Group("driftgauge-pods", settings.intervals.status, drift.pod_alerts(scope)),
            Group("driftgauge-segments", settings.intervals.status, segments.alerts(scope)),
            Group("driftgauge-service", fast, service.alerts(scope)),
            Group("driftgauge-estimates", settings.intervals.status, (*health.alerts(scope), *levels.alerts(scope))),
            Group("driftgauge-language-models", fast, generations.alerts(scope)),
            Group("driftgauge-clients", fast, clients.alerts(scope)),
            Group("driftgauge-reference", fast, reference.alerts(scope)),
            Group(
                "driftgauge-exporter",
                fast,
                (
                    *exporter.alerts(scope),
                    *checkpoints.alerts(scope),
                    *listeners.alerts(scope),
                    *events.alerts(scope),
                    *proxy.alerts(scope),
                ),
            ),
        )
    )


def _chosen(settings: Settings, group: Group) -> Group:
    """Leave disabled alerts out and give the others the severity that the site wants."""
    rules = tuple(
        replace(rule, severity=settings.severities.get(rule.name, {}).get(rule.severity, rule.severity))
        if isinstance(rule, Alert)
        else rule
        for rule in group.rules
        if not (isinstance(rule, Alert) and rule.name in settings.disabled)
    )
    return replace(group, rules=rules)
