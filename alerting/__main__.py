"""Render the rules: `python -m alerting`; with `--check`, say whether the committed files are current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alerting.render import files, rules_text
from alerting.settings import HERE, load


def main() -> int:
    """Render or check; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m alerting", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    parser.add_argument("--settings", type=Path, default=HERE / "settings.yaml", metavar="FILE", help="other settings")
    parser.add_argument("--print", action="store_true", help="print the rules file instead of writing files")
    args = parser.parse_args()
    settings = load(args.settings)
    if args.print:
        sys.stdout.write(rules_text(settings))
        return 0
    stale = [
        (path, text) for path, text in files(settings).items() if not path.exists() or path.read_text("utf-8") != text
    ]
    for path, text in stale:
        if args.check:
            sys.stderr.write(f"{path.relative_to(HERE.parent)} is not current; run: python -m alerting\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            sys.stdout.write(f"rendered {path.relative_to(HERE.parent)}\n")
    return int(args.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
