"""Code blocks that cannot run here are at least what they say: commands that parse, settings that are taken, queries that are queries."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from driftgauge.cli.main import COMMANDS, parser_of
from driftgauge.cli.mapping import KEYS
from driftgauge.config import Settings
from driftgauge.serve.guard.web_config import parse_web_config
from driftgauge.serve.settings import parse
from tests.docs.blocks import DOCUMENTS, ROOT, text_of

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
#: what fences may say; `sh test` and `python` are run elsewhere, `py` is a fragment of a program
INFOS = {"", "text", "sh", "sh test", "bash", "python", "py", "yaml", "json", "promql"}
SHELL = ("sh", "bash")
SETTINGS = set(Settings.__dataclass_fields__)
#: what ends a simple command
_ENDS = {"|", "||", "&&", "&", ";", ">", ">>", "<", "2>"}


def _blocks(*infos: str) -> list[Any]:
    return [
        pytest.param(found["code"], id=f"{document}-{number}")
        for document in DOCUMENTS
        for number, found in enumerate(_FENCE.finditer(text_of(document)))
        if found["info"] in infos
    ]


def _commands(code: str) -> Iterator[list[str]]:
    """Yield the arguments of every `driftgauge COMMAND ...` in *code*."""
    for line in code.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:  # the text of a drawing, or a quotation over several lines
            continue
        if len(words) > 1 and words[0] == "driftgauge" and words[1] in COMMANDS:
            end = next((i for i, word in enumerate(words) if word in _ENDS), len(words))
            yield words[1:end]


def test_every_fence_says_what_it_holds():
    """A language that nobody checks would be a block that nobody checks."""
    for document in DOCUMENTS:
        for found in _FENCE.finditer(text_of(document)):
            assert found["info"] in INFOS, f"{document}: {found['info']}"


@pytest.mark.parametrize("code", _blocks(*SHELL))
def test_shell_blocks_parse(code):
    """Bash reads them to the end without running anything."""
    subprocess.run(["bash", "-n"], input=code, text=True, check=True, timeout=20)


@pytest.mark.parametrize("code", _blocks(*SHELL, ""))
def test_commands_take_the_arguments_that_they_are_given(code):
    """Options that have been renamed would be found here."""
    if "│" in code:  # a drawing
        return
    for command, *arguments in _commands(code):
        parser_of(command).parse_args(arguments)


@pytest.mark.parametrize("code", _blocks(*SHELL))
def test_targets_of_make_exist(code):
    """`make TARGET` names a target of the Makefile."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z0-9-]+)", code, re.MULTILINE)) <= targets


@pytest.mark.parametrize("code", _blocks("yaml"))
def test_yaml_blocks_are_taken_by_whom_they_are_for(code):
    """The exporter's settings, the web configuration and mapping files are read by their readers, all else is YAML."""
    if "{{" in code:  # a template of Helm, which tests/deploy renders
        return
    document = yaml.safe_load(code)
    if set(document) <= SETTINGS:
        parse(code, {})
    elif "tls_server_config" in document:
        parse_web_config(code, "web.yaml")
    elif "prediction" in document:
        assert set(document) <= set(KEYS)


@pytest.mark.parametrize("code", _blocks("json"))
def test_json_blocks_parse(code):
    """One document."""
    json.loads(code)


@pytest.mark.parametrize("code", _blocks("promql"))
def test_queries_parse(code, tmp_path):
    """Prometheus takes each query, whose first line begins at the margin, as a recording rule."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    lines = [line for line in code.splitlines() if not line.startswith("#")]
    queries = re.split(r"\n(?=\S)", "\n".join(lines))
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    subprocess.run(["promtool", "check", "rules", str(path)], check=True, capture_output=True, timeout=30)
