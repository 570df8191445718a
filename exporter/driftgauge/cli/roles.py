"""Arguments that say which column of a data file is what, the same for every command that reads one."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from types import MappingProxyType

from driftgauge.errors import ConfigError
from driftgauge.profile import CATEGORICAL, NUMERIC
from driftgauge.sources import Roles

__all__ = [
    "FACT_HELP",
    "add_fact_arguments",
    "add_kind_arguments",
    "add_role_arguments",
    "kinds_of",
    "roles_of",
]

#: fact -> what its column holds
FACT_HELP: Mapping[str, str] = MappingProxyType(
    {
        "id": "what labels call the row",
        "label": "the truth, where it is known",
        "latency_s": "duration of the row's request in seconds",
        "status": "how the row's request ended: ok, a word or an HTTP status",
    }
)


def add_role_arguments(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Declare the roles; without any, every column is a feature."""
    roles = parser.add_argument_group("columns of the data file")
    roles.add_argument("--prediction", metavar="COL", help="the model's prediction")
    _add(roles, "--probability", "class probabilities in the order of the classes; one column p means 1-p, p")
    roles.add_argument("--timestamp", metavar="COL", help="event time: RFC 3339 or seconds since 1970")
    _add(roles, "--features", "the input columns; without it all columns that have no other role")
    _add(roles, "--ignore", "columns that are no features, such as identifiers")
    _add(roles, "--output-column", "further outputs of the model")
    _add(roles, "--segment", "columns that say which segment a row belongs to; features all the same, see --ignore")
    roles.add_argument(
        "--delimiter",
        metavar="CHAR",
        type=_delimiter,
        help="what separates the cells of a CSV file, such as ';'; 'tab' is a tab",
    )
    roles.add_argument(
        "--mapping", metavar="FILE.yaml", help="a file that says all this; arguments go before it, see docs/batch.md"
    )
    return roles


def _delimiter(text: str) -> str:
    return {"tab": "\t", "\\t": "\t"}.get(text, text)


def _add(group: argparse._ArgumentGroup, flag: str, text: str) -> None:
    group.add_argument(flag, metavar="COL", nargs="+", action="extend", default=[], help=text)


def add_kind_arguments(group: argparse._ArgumentGroup) -> None:
    """Declare kinds that are not to be inferred."""
    _add(group, "--categorical", "columns to count by category even where they look like numbers, such as postal codes")
    _add(group, "--numeric", "columns to count as numbers; text in them counts as missing")


def roles_of(args: argparse.Namespace) -> Roles:
    """Return the roles that were given."""
    return Roles(
        prediction=args.prediction,
        probabilities=tuple(args.probability),
        timestamp=args.timestamp,
        features=tuple(args.features) or None,
        ignore=tuple(args.ignore),
        outputs=tuple(args.output_column),
        categorical=tuple(getattr(args, "categorical", ())),
        segments={column: column for column in args.segment},
        facts=_facts_of(args),
        with_facts=hasattr(args, "latency_s"),
        label=getattr(args, "truth", None),
    )


def _facts_of(args: argparse.Namespace) -> dict[str, str]:
    found = {fact: getattr(args, fact, None) for fact in FACT_HELP}
    return {fact: column for fact, column in found.items() if column}


def add_fact_arguments(group: argparse._ArgumentGroup) -> None:
    """Declare what a row may carry beside its columns, for who sends the rows on."""
    for fact, text in FACT_HELP.items():
        group.add_argument(f"--{fact.replace('_', '-')}", metavar="COL", help=text)


def kinds_of(args: argparse.Namespace) -> dict[str, str]:
    """Return the kinds that were given, by the name that the column has in a profile."""
    both = sorted({*args.categorical} & {*args.numeric})
    if both:
        raise ConfigError(f"column {both[0]!r}: expected one of --categorical and --numeric, found both")
    given = dict.fromkeys(args.categorical, CATEGORICAL) | dict.fromkeys(args.numeric, NUMERIC)
    return {"prediction" if name == args.prediction else name: kind for name, kind in given.items()}
