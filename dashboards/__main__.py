"""Render the dashboards: `python -m dashboards`; with `--check`, say whether the committed files are current."""

from __future__ import annotations

import argparse
import sys

from dashboards.catalogue import RENDERED, files


def main() -> int:
    """Render or check; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    args = parser.parse_args()
    wanted = files()
    stale = {path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text}
    left_over = sorted(set(RENDERED.glob("*.json")) - set(wanted))
    root = RENDERED.parents[1]
    for path, text in stale.items():
        if args.check:
            sys.stderr.write(f"{path.relative_to(root)} is not current; run: python -m dashboards\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            sys.stdout.write(f"rendered {path.relative_to(root)}\n")
    for path in left_over:
        sys.stderr.write(f"{path.relative_to(root)} belongs to no dashboard any more; remove it\n")
    return int(bool(left_over) or (args.check and bool(stale)))


if __name__ == "__main__":
    sys.exit(main())
