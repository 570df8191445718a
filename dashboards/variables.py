"""Variables: the data source, then labels from wide to narrow, then the window. Each one's choices depend on those before."""

from __future__ import annotations

from dashboards.sdk import DATASOURCE, dashboard, models
from dashboards.where import Variable, Where
from driftgauge import names
from driftgauge.config import WINDOW_NAMES

__all__ = [
    "DEFAULT_WINDOW",
    "FEATURE",
    "FEATURES",
    "MODEL",
    "MODELS",
    "ROLE",
    "VERSION",
    "VERSIONS",
    "datasource_variable",
    "kept_variables",
    "label_variables",
    "pod_variable",
    "window_variable",
]

#: a day has every hour in it, so it is what decides
DEFAULT_WINDOW = "24h"
#: matches a missing label too
ALL = ".*"

MODEL = Variable("model", "Model", names.LAST_OBSERVATION, many=False, about="The model.")
MODELS = Variable("model", "Model", names.LAST_OBSERVATION, many=True, about="The models.")
VERSION = Variable("version", "Version", names.LAST_OBSERVATION, many=False, about="Its version.")
VERSIONS = Variable("version", "Version", names.LAST_OBSERVATION, many=True, about="Their versions.")
FEATURE = Variable("feature", "Feature", names.DRIFT_STATUS, many=False, about="The column: an input or an output.")
FEATURES = Variable("feature", "Feature", names.DRIFT_STATUS, many=True, about="The columns: inputs and outputs.")
ROLE = Variable("role", "Role", names.DRIFT_STATUS, many=False, about="Whether the column is an input or an output.")


def kept_variables(where: Where) -> tuple[Variable, ...]:
    """Return a variable for each label of the scrape that the rules keep."""
    return tuple(
        Variable(label, label.capitalize(), names.BUILD_INFO, many=True, about="Where the exporters run.")
        for label in where.kept
    )


def pod_variable(where: Where) -> Variable:
    """Return the variable of the label that tells exporters apart."""
    return Variable(where.pod, where.pod.capitalize(), names.BUILD_INFO, many=True, about="The exporters.")


def datasource_variable() -> dashboard.DatasourceVariable:
    """Return the variable that every query goes to."""
    return dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")


def label_variables(where: Where) -> list[dashboard.QueryVariable]:
    """Return the label variables, each narrowed by those before it."""
    return [_label_variable(variable, Where(where.variables[:place])) for place, variable in enumerate(where.variables)]


def window_variable() -> dashboard.CustomVariable:
    """Return the variable of the window that scores are about."""
    return (
        dashboard.CustomVariable("window")
        .label("Window")
        .description("How far back the scores look. A day decides; shorter windows are faster, longer ones steadier.")
        .values(",".join(WINDOW_NAMES))
        .current(_option(DEFAULT_WINDOW))
    )


def _label_variable(variable: Variable, before: Where) -> dashboard.QueryVariable:
    query = f"label_values({before.metric(variable.metric)}, {variable.name})"
    made = (
        dashboard.QueryVariable(variable.name)
        .label(variable.label)
        .description(variable.about)
        .query(query)
        .datasource(DATASOURCE)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.NATURAL_ASC)
    )
    if not variable.many:
        return made
    return made.multi(True).include_all(True).all_value(ALL).current(_option("$__all", "All", many=True))


def _option(value: str, text: str = "", *, many: bool = False) -> models.VariableOption:
    text = text or value
    return models.VariableOption(selected=True, text=[text] if many else text, value=[value] if many else value)
