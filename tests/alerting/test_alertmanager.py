from __future__ import annotations

import shutil
import subprocess

import pytest
import yaml

from alerting.catalogue import groups
from alerting.rule import Alert
from alerting.settings import HERE, load

EXAMPLE = HERE / "alertmanager.example.yml"
needs_amtool = pytest.mark.skipif(shutil.which("amtool") is None, reason="amtool is not installed")


def amtool(*arguments):
    return subprocess.run(("amtool", *arguments), capture_output=True, text=True, check=False, timeout=30)


@needs_amtool
def test_the_example_is_a_valid_configuration():
    done = amtool("check-config", str(EXAMPLE))
    assert done.returncode == 0, done.stdout + done.stderr


@needs_amtool
@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (("severity=critical", "team=ml", "model=fraud"), "page,tickets"),
        (("severity=warning", "team=ml", "model=fraud"), "tickets"),
        (("severity=info", "team=ml", "alertname=DriftgaugePodDrift"), "nowhere"),
        (("severity=warning", "team=data"), "data-team"),
        (("severity=critical",), "page"),
        (("severity=warning",), "tickets"),
    ],
)
def test_alerts_go_where_they_belong(labels, receivers):
    done = amtool("config", "routes", "test", f"--config.file={EXAMPLE}", f"--verify.receivers={receivers}", *labels)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_names_only_alerts_that_exist():
    known = {rule.name for group in groups(load()) for rule in group.rules if isinstance(rule, Alert)}
    named = set()
    for rule in yaml.safe_load(EXAMPLE.read_text("utf-8"))["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            if matcher.startswith("alertname") and "Driftgauge.+" not in matcher:
                named |= set(matcher.partition('"')[2].rstrip('"').split("|"))
    assert named <= known


def test_alerts_are_grouped_and_inhibited_by_labels_that_they_have():
    example = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert {"namespace", "model"} <= set(example["route"]["group_by"])
    first = example["inhibit_rules"][0]
    assert first["equal"] == ["namespace", "model", "version", "alertname"]
