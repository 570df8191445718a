"""Prints docs/cli.md: every command with its arguments, as argparse knows them; no matter how wide the terminal is."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator

from driftgauge.cli.main import COMMANDS, parser_of

_HEAD = """# Commands

What `driftgauge COMMAND --help` says, generated from the code. Every command also takes `--help`.

Exit status: 0 success, 1 where a command says so, 2 wrong usage or an error that names what is wrong, 130 interrupted, 141 the
reader of the output went away.
"""


def pages() -> Iterator[str]:
    """Yield the page's blocks."""
    yield _HEAD
    yield "| command | does |\n| --- | --- |\n" + "\n".join(
        f"| [`driftgauge {name}`](#driftgauge-{name}) | {_cell(parser_of(name).description or '')} |"
        for name in COMMANDS
    )
    for name in COMMANDS:
        yield from _command(f"driftgauge {name}", parser_of(name), "##")


def _command(name: str, parser: argparse.ArgumentParser, heading: str) -> Iterator[str]:
    """Yield the blocks of one command, then those of its own commands."""
    yield f"{heading} {name}"
    yield _prose(parser.description or "")
    children: dict[str, argparse.ArgumentParser] = {}
    for group in parser._action_groups:  # noqa: SLF001 - argparse has no public way to list what was declared
        rows = []
        for action in group._group_actions:  # noqa: SLF001 - as above
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
                children = action.choices
            elif not isinstance(action, argparse._HelpAction):  # noqa: SLF001 - as above
                rows.append(f"| {_spelling(action)} | {_meaning(action)} |")
        if rows:
            title = {"positional arguments": "arguments"}.get(group.title or "", group.title)
            yield f"| {title} | |\n| --- | --- |\n" + "\n".join(rows)
    if parser.epilog:
        yield _prose(parser.epilog)
    for child, part in children.items():
        yield from _command(f"{name} {child}", part, heading + "#")


def _spelling(action: argparse.Action) -> str:
    """Return how an argument is written: `--option VALUE`, or the name of a positional one."""
    if action.choices is not None and action.metavar is None:
        value = "|".join(map(str, action.choices))
    else:
        value = str(action.metavar or (action.dest.upper() if action.option_strings else action.dest))
    if not action.option_strings:
        return _code(value + (" ..." if action.nargs in {"*", "+"} else ""))
    if action.nargs == 0:
        return ", ".join(map(_code, action.option_strings))
    return ", ".join(
        _code(f"{option} {value}{' ...' if action.nargs in {'*', '+'} else ''}") for option in action.option_strings
    )


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "") % {**vars(action), "prog": "driftgauge"}
    return _cell(text) + (" (required)" if action.option_strings and action.required else "")


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", r"\|").replace("<", "&lt;").strip()


def _prose(text: str) -> str:
    """Return a description as Markdown: indented or aligned blocks as they are, the rest as paragraphs."""
    if re.match(r"[a-z][^\n]*[^.\n]$", text):  # a line of help
        text = f"{text[0].upper()}{text[1:]}."
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if re.search(r"^ {2,}", block, re.MULTILINE):
            blocks.append(f"```text\n{block}\n```")
        else:
            blocks.append(block.strip().replace("<", "&lt;"))
    return "\n\n".join(blocks)


if __name__ == "__main__":
    sys.stdout.write("\n\n".join(block.strip("\n") for block in pages()) + "\n")
