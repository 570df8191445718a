"""Pushing to a Pushgateway: one group per job, model and version, replaced as a whole by each push.

Protocol: https://github.com/prometheus/pushgateway#api; values that a path segment cannot hold travel in base64.
"""

from __future__ import annotations

import base64
import http.client
from urllib.parse import quote, urlsplit

from driftgauge.errors import ConfigError

__all__ = ["group_path", "push"]

TIMEOUT_SECONDS = 10.0
#: characters of an answer that an error quotes
_QUOTED = 200


def group_path(job: str, **labels: str) -> str:
    """Return the path of a group.

    >>> group_path("nightly", model="a/b")
    '/metrics/job/nightly/model@base64/YS9i'
    """
    return "/metrics" + "".join(_segment(name, value) for name, value in {"job": job, **labels}.items())


def _segment(name: str, value: str) -> str:
    if value and "/" not in value:
        return f"/{name}/{quote(value, safe='')}"
    coded = base64.urlsafe_b64encode(value.encode("utf-8", "replace")).decode().rstrip("=")
    return f"/{name}@base64/{coded or '='}"


def push(url: str, path: str, text: str) -> None:
    """Replace the group at *path* by *text*.

    Raises:
        ConfigError: the address is none, nobody answers there, or the gateway refuses.
    """
    parts = urlsplit(url)
    try:
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}[parts.scheme]
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    except (KeyError, ValueError):
        raise ConfigError(f"--pushgateway {url!r}: expected an address such as http://pushgateway:9091") from None
    try:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        connection.request("PUT", parts.path.rstrip("/") + path, text.encode(), headers)
        answer = connection.getresponse()
        body = answer.read(_QUOTED).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        raise ConfigError(f"--pushgateway {url!r}: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise ConfigError(f"--pushgateway {url!r}: answered {answer.status} {answer.reason}: {body}")
