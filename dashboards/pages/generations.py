"""Language models: how long callers wait, what they get, how sure the model is of it, and whether the proxy sees it all."""

from __future__ import annotations

from alerting.catalogue import groups
from alerting.rule import Alert
from dashboards import colours, links, traffic
from dashboards.events import ALERTS, FIRING, alerts
from dashboards.kinds import latency, lines, tile
from dashboards.page import Page, Row
from dashboards.query import Query, coloured
from dashboards.sdk import models, units
from dashboards.variables import kept_variables
from dashboards.where import Variable, Where
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["page"]

MODEL = Variable("model", "Model", names.TOKENS, many=False, about="The language model.")
VERSION = Variable("version", "Version", names.TOKENS, many=False, about="Its version.")
QUANTILES = ((0.5, "p50", "#9ECAE1"), (0.95, "p95", "#3182BD"), (0.99, "p99", "#08306B"))
#: vLLM's own histograms, whose buckets have the same bounds
VLLM = {
    names.TIME_TO_FIRST_TOKEN: "vllm:time_to_first_token_seconds_bucket",
    names.TIME_PER_OUTPUT_TOKEN: "vllm:time_per_output_token_seconds_bucket",
}


def page() -> Page:
    """Return the dashboard."""
    where = Where((*kept_variables(Where(())), MODEL, VERSION))
    return Page(
        uid=links.GENERATIONS,
        title="Driftgauge / Language models",
        about="A language model as its callers see it: waiting, tokens, answers, refusals, confidence, and the proxy before it.",
        where=where,
        rows=(
            Row("Does it answer?", _tiles(where)),
            Row("How long do callers wait?", _times(where)),
            Row("What do they get?", _answers(where)),
            Row("How sure is it?", _confidence(where)),
            Row("Does the proxy pass and see everything?", _proxy(where)),
        ),
        annotations=(alerts(where.foreign(ALERTS, ("model",), **{**FIRING, "alertname": _own_alerts(where)})),),
        links=links.others(),
        start="now-6h",
    )


def _own_alerts(where: Where) -> str:
    """Return the pattern of the alerts that lead here."""
    rules = (rule for group in groups(where.settings) for rule in group.rules if isinstance(rule, Alert))
    return "=~" + "|".join(sorted({rule.name for rule in rules if rule.dashboard == links.GENERATIONS}))


def _quantile(where: Where, metric: Metric, level: float) -> str:
    return f"histogram_quantile({level:g}, sum by (le) ({where.rate(metric)}))"


def _share(where: Where, metric: Metric, **labels: str) -> str:
    return f"sum({where.rate(metric, **labels)}) / (sum({where.rate(metric)}) > 0)"


def _tiles(where: Where) -> tuple[models.Panel, ...]:
    amber = ((0.05, colours.WARNING),)
    return (
        tile(
            "Requests",
            "Requests to the model per second, those that failed included.",
            units.RequestsPerSecond,
            Query(traffic.requests(where)),
            width=4,
        ),
        tile(
            "Tokens generated",
            "Tokens of answers per second, as far as the server tells how many there are.",
            units.CountsPerSecond,
            Query(f"sum({where.rate(names.TOKENS, kind='completion')})"),
            width=4,
        ),
        tile(
            "First token, p95",
            "One stream in twenty takes longer to its first token.",
            units.Seconds,
            Query(_quantile(where, names.TIME_TO_FIRST_TOKEN, 0.95)),
            width=4,
        ),
        tile(
            "Refused",
            "Share of the answers that refuse: the server says so, or they begin as refusals do.",
            units.PercentUnit,
            Query(_share(where, names.GENERATIONS, kind="refusal")),
            steps=amber,
            first=colours.OK,
            width=4,
        ),
        tile(
            "Cut off",
            "Share of the answers that ended because the number of tokens was reached.",
            units.PercentUnit,
            Query(_share(where, names.FINISH_REASONS, reason="length")),
            steps=((0.1, colours.WARNING),),
            first=colours.OK,
            width=4,
        ),
        tile(
            "Failed",
            "Share of the requests that failed, callers that left included.",
            units.PercentUnit,
            Query(traffic.error_ratio(where)),
            steps=amber,
            first=colours.OK,
            width=4,
        ),
    )


def _times(where: Where) -> tuple[models.Panel, ...]:
    words = {
        names.TIME_TO_FIRST_TOKEN: ("Time to the first token", "from the request to the first piece of the answer"),
        names.TIME_PER_OUTPUT_TOKEN: (
            "Time per output token",
            "between the tokens of an answer, the mean of each answer",
        ),
    }
    return tuple(panel for metric, (title, about) in words.items() for panel in _time(where, metric, title, about))


def _time(where: Where, metric: Metric, title: str, about: str) -> tuple[models.Panel, models.Panel]:
    server = where.foreign(VLLM[metric], (), model_name="$model")
    return (
        lines(
            title,
            f"What callers see: {about}. Grey: what vLLM believes, where it is scraped; a gap between the two is time that is lost "
            "before or after it.",
            units.Seconds,
            [
                *(Query(_quantile(where, metric, level), name, coloured(colour)) for level, name, colour in QUANTILES),
                Query(
                    f"histogram_quantile(0.95, sum by (le) (rate({server}[$__rate_interval])))",
                    "vLLM p95",
                    coloured(colours.MUTED),
                ),
            ],
            width=12,
        ),
        latency(
            f"{title}: heatmap",
            "How many took how long; darker is more. The bounds of the buckets are vLLM's own.",
            Query(f"sum by (le) (increase({where.metric(metric)}[$__rate_interval]))", "{{le}}", form="heatmap"),
            width=12,
        ),
    )


def _answers(where: Where) -> tuple[models.Panel, ...]:
    def parts(metric: Metric, label: str) -> list[Query]:
        return [Query(f"sum by ({label}) ({where.rate(metric)})", f"{{{{{label}}}}}")]

    lengths = ("prompt_tokens", "input", "prompt"), ("completion_tokens", "output", "completion")
    return (
        lines(
            "Answers by kind",
            "Answers per second: text, calls of tools, refusals, nothing.",
            units.CountsPerSecond,
            parts(names.GENERATIONS, "kind"),
            stacked=True,
        ),
        lines(
            "Answers by finish reason",
            "Answers per second by the reason for which they ended; length means that they were cut off.",
            units.CountsPerSecond,
            parts(names.FINISH_REASONS, "reason"),
            stacked=True,
        ),
        lines(
            "Tokens", "Tokens of prompts and of answers per second.", units.CountsPerSecond, parts(names.TOKENS, "kind")
        ),
        lines(
            "Mean length",
            "Tokens of a prompt and of an answer, means over the status window. A wall is somebody's max_tokens.",
            units.Short,
            [Query(_mean(where, f"llm.{name}", role), word) for name, role, word in lengths],
        ),
        lines(
            "Failures by reason",
            "Failed requests per second; cancelled: the caller went away.",
            units.CountsPerSecond,
            [
                Query(f"sum({where.rate(names.REQUEST_FAILURES)})", "all", coloured(colours.MUTED, fillOpacity=20)),
                Query(f"sum by (reason) ({where.rate(names.REQUEST_FAILURES)}) > 0", "{{reason}}"),
            ],
        ),
        lines(
            "Drift of every column",
            "Debiased Jensen-Shannon distance of the columns of calls on the day's window; see the feature's own dashboard for why.",
            units.Short,
            [
                Query(
                    f"max by (feature) ({where.metric(names.DRIFT_DEBIASED, feature='=~llm[.].*', window='24h')})",
                    "{{feature}}",
                )
            ],
            most=1,
        ),
    )


def _mean(where: Where, feature: str, role: str = "output") -> str:
    return f"avg({where.metric(names.FEATURE_MEAN, feature=feature, role=role)})"


def _confidence(where: Where) -> tuple[models.Panel, ...]:
    columns = (
        (
            "Token log-probability",
            "llm.mean_logprob",
            "Mean log-probability of an answer's tokens; lower is less sure.",
        ),
        ("Entropy", "llm.entropy_bits", "Bits of choice at each token, over the alternatives that were sent."),
        ("Perplexity", "llm.perplexity", "As many equally likely tokens as the model hesitates between."),
    )
    return tuple(
        lines(
            title,
            f"{about} The mean over the status window, of calls that ask for log-probabilities.",
            units.Short,
            [Query(_mean(where, feature), "mean", coloured(colours.CURRENT))],
            least=None,
        )
        for title, feature, about in columns
    )


def _proxy(where: Where) -> tuple[models.Panel, ...]:
    def some(title: str, about: str, metric: Metric, label: str) -> models.Panel:
        return lines(
            title,
            about,
            units.CountsPerSecond,
            [
                Query(f"sum({where.rate(metric)})", "all", coloured(colours.MUTED, fillOpacity=20)),
                Query(f"sum by ({label}) ({where.rate(metric)}) > 0", f"{{{{{label}}}}}"),
            ],
            width=6,
        )

    flight = where.metric(names.PROXY_IN_FLIGHT)
    return (
        some(
            "Requests through the proxy",
            "Requests per second, of all models behind proxies.",
            names.PROXY_REQUESTS,
            "kind",
        ),
        some("Failures of model servers", "Passed on to callers, per second.", names.PROXY_FAILURES, "reason"),
        some("Not observed", "Inferences that passed unseen, per second.", names.PROXY_UNOBSERVED, "reason"),
        lines(
            "In flight",
            "Requests without a complete response, and callers that went away per second.",
            units.Short,
            [
                Query(f"sum({flight})", "in flight"),
                Query(f"sum({where.rate(names.PROXY_DISCONNECTS)})", "went away"),
            ],
            width=6,
        ),
    )
