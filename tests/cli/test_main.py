"""The command line as a whole: the list of commands, errors in one line, exit statuses, fast starts."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import types

import pytest

from driftgauge import __version__
from driftgauge.cli import main as command_line
from driftgauge.cli.main import COMMANDS, main
from driftgauge.errors import ConfigError

EXISTING = [name for name, module in COMMANDS.items() if importlib.util.find_spec(module)]


def command(monkeypatch, run):
    """Put a command in the place of `profile`."""
    module = types.SimpleNamespace(HELP="stand-in", add_arguments=lambda _parser: None, run=run)
    monkeypatch.setattr(command_line, "_command", lambda _name: module)


def raising(error):
    def run(_args):
        raise error

    return run


def test_help_lists_every_command_with_a_line(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    listed = capsys.readouterr().out
    for name in COMMANDS:
        assert re.search(rf"^  {name} +\S", listed, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments", [[name] for name in EXISTING] + [["profile", c] for c in ("build", "show", "compare")]
)
def test_every_command_explains_itself(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: driftgauge {' '.join(arguments)}")


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"driftgauge {__version__}\n")


@pytest.mark.parametrize(
    "arguments", [[], ["profil"], ["profile"], ["profile", "build"], ["profile", "show", "--bins"]]
)
def test_wrong_usage_is_status_2_and_says_what_was_expected(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: driftgauge" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (
            ConfigError("models[0].name: a model\nneeds a name"),
            2,
            "driftgauge: models[0].name: a model\\nneeds a name\n",
        ),
        (
            ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp"),
            2,
            'driftgauge: aiohttp is not installed: pip install "driftgauge[exporter]"\n',
        ),
        (
            ModuleNotFoundError("No module named 'pyarrow.parquet'", name="pyarrow.parquet"),
            2,
            'driftgauge: pyarrow is not installed: pip install "driftgauge[parquet]"\n',
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=["refusal", "extra", "extra of a submodule", "interrupt"],
)
def test_errors_are_one_line_and_a_status(error, status, said, monkeypatch, capsys):
    """What a person can mend is said in one line without a traceback."""
    command(monkeypatch, raising(error))
    assert main(["profile"]) == status
    assert capsys.readouterr().err == said


def test_faults_of_ours_are_not_hidden(monkeypatch):
    """An import that no extra mends and any other error keep their traceback."""
    for error in (ImportError("cannot import name 'x'", name="driftgauge.profile"), ZeroDivisionError()):
        command(monkeypatch, raising(error))
        with pytest.raises(type(error)):
            main(["profile"])


def test_every_extra_that_an_error_names_exists(request):
    import tomllib

    with (request.config.rootpath / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    assert set(command_line.EXTRAS.values()) <= set(extras)


def test_the_list_of_commands_loads_nothing_heavy():
    """`--help` shows every command without NumPy or a web server, so it is there at once."""
    code = (
        "import sys, driftgauge.cli.main as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'aiohttp', 'pandas', 'scipy', 'sklearn'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == "[]\n"


def test_a_reader_that_goes_away_is_no_error(profile):
    """`driftgauge profile show ... | head -1` ends quietly."""
    shell = f'"{sys.executable}" -m driftgauge.cli.main profile show "{profile}" --json | head -c 1'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "{"
    assert done.stderr == ""
    assert done.returncode in {0, 141}  # 0: everything fitted into the pipe before `head` left


def test_odd_characters_never_fail_a_command(tmp_path):
    """A category that the terminal's encoding lacks is escaped."""
    data = tmp_path / "d.csv"
    data.write_text("plan\n" + "größe\nklein\n" * 50, encoding="utf-8")
    shell = (
        f'"{sys.executable}" -m driftgauge.cli.main profile build "{data}" -o "{tmp_path}/p.json" &&'
        f'"{sys.executable}" -m driftgauge.cli.main profile show "{tmp_path}/p.json" --column plan'
    )
    done = subprocess.run(
        ["bash", "-c", f"export PYTHONIOENCODING=ascii; {shell}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "gr\\xf6\\xdfe" in done.stdout
    assert "####" in done.stdout
