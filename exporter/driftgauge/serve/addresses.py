"""Addresses: host:port as the configuration writes them."""

from __future__ import annotations

import ipaddress

from driftgauge.errors import ConfigError

__all__ = ["is_loopback", "split_address"]


def split_address(text: str, setting: str) -> tuple[str, int]:
    """Return host and port of "host:port"; an empty host is every address, IPv6 hosts stand in brackets.

    Raises:
        ConfigError: it is no such address.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()):
        raise ConfigError(f"{setting}: expected host:port such as 127.0.0.1:9871, got {text!r}")
    if len(port) > 5 or int(port) > 65_535:
        raise ConfigError(f"{setting}: expected a port of 0 to 65535, got {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(address: str, setting: str) -> bool:
    """Tell whether only this machine (or pod) can reach an address.

    Raises:
        ConfigError: it is no host:port.
    """
    host, _ = split_address(address, setting)
    try:
        return host == "localhost" or ipaddress.ip_address(host or "0.0.0.0").is_loopback  # noqa: S104 - to refuse it
    except ValueError:
        return False
