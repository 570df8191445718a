"""Draw the dashboards: `python -m dashboards.preview --out DIR` (needs Prometheus, matplotlib and the packages of the demo)."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from dashboards.catalogue import RENDERED
from dashboards.preview import backfill, grafana, tsdb
from dashboards.preview.draw import draw
from dashboards.preview.history import DAY, write
from dashboards.preview.stories import STORIES

#: values of the variables in each picture; what is not named is "All" or the first there is
CHOSEN = {"model": "card-fraud", "version": "1", "feature": "amount", "role": "input"}
#: steps in the width of a graph
STEPS = 260


def main() -> int:
    """Make a history if there is none, ask every query of every dashboard, draw the answers."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.preview", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where pictures and history go")
    parser.add_argument("--story", choices=sorted(STORIES), default="weeks", help="what happens")
    parser.add_argument("--choose", action="append", default=[], metavar="NAME=VALUE", help="value of a variable")
    args = parser.parse_args()
    span = _history(args.out, args.story)
    chosen = CHOSEN | dict(choice.split("=", 1) for choice in args.choose)
    with tsdb.serving(args.out / args.story) as server:
        for path in sorted(RENDERED.glob("*.json")):
            picture = args.out / f"{path.stem}.png"
            _picture(server, path, span, chosen, picture)
            sys.stdout.write(f"drew {picture}\n")
    return 0


def _history(out: Path, name: str) -> tuple[float, float]:
    """Return when the history of a story begins and ends, making it unless it is there."""
    directory = out / name
    done = directory / "span"
    if not done.exists():
        (directory / "data").mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        story = STORIES[name]()
        for number, midnight in enumerate(range(int(story.start), int(story.end), DAY)):
            text = directory / "history.om"
            write(story.pods, midnight, min(midnight + DAY, story.end), text)
            tsdb.import_text(text, directory / "data")
            text.unlink()
            sys.stdout.write(f"day {number + 1}: {time.monotonic() - began:.0f} s\n")
        settings = backfill.rehearsed()
        backfill.write_records(directory, settings, story.start, story.end)
        count = backfill.write_alerts(directory, settings, story.start, story.end)
        sys.stdout.write(f"rules: {time.monotonic() - began:.0f} s; {count} alerts\n")
        done.write_text(f"{story.start} {story.end}", "utf-8")
    start, end = map(float, done.read_text("utf-8").split())
    return start, end


def _picture(server: tsdb.Server, path: Path, span: tuple[float, float], chosen: dict[str, str], to: Path) -> None:
    dashboard = grafana.read(path)
    length = _seconds(dashboard["time"]["from"])
    end = span[1] - DAY / 12
    start = max(span[0], end - length)
    step = max(240.0, (end - start) / STEPS // 240 * 240)
    over = grafana.Range(start, end, step)
    wide = {variable["name"] for variable in dashboard["templating"]["list"] if variable.get("includeAll")}
    values = grafana.fill(server, dashboard, over, {k: v for k, v in chosen.items() if k not in wide})
    answers = {panel.json["id"]: grafana.ask(server, panel, values, over) for panel in grafana.panels(dashboard)}
    marks = [
        (annotation["iconColor"], float(series["values"][0][0]))
        for annotation, asked in grafana.marked(server, dashboard, values, over)
        for series in asked.result
    ]
    draw(dashboard, answers, marks, over, to)


def _seconds(since: str) -> float:
    """Return how long ago `now-7d` is."""
    number, unit = int(since[4:-1]), since[-1]
    return float(number * {"h": 3600, "d": DAY}[unit])


if __name__ == "__main__":
    sys.exit(main())
