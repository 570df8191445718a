"""Loading: a configuration file and every file that it names, checked before the first socket."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from driftgauge.config import ListenSettings, Settings
from driftgauge.errors import ConfigError
from driftgauge.profile import Reference
from driftgauge.serve.addresses import split_address
from driftgauge.serve.extras import without_missing
from driftgauge.serve.guard.protection import guard_files, read_protection
from driftgauge.serve.listeners import check_exposure
from driftgauge.serve.references import read_references
from driftgauge.serve.settings import parse

__all__ = ["Loaded", "load", "load_settings", "protection_of", "read_text", "shut_of", "unknown_columns"]

#: shorter keys can be tried out
LEAST_KEY_BYTES = 16
MOST_KEY_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be run.

    Attributes:
        settings: what it says.
        references: the profiles by path.
        problems: what was wrong with it.
        notes: what is probably not what was meant, such as settings of a column that the profile does not have.
        key: of the digests that stand for concealed categories.
    """

    settings: Settings
    references: Mapping[str, Reference]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    key: bytes = b""


def load(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """Read the configuration and its profiles.

    Raises:
        ConfigError: it cannot be used.
    """
    return load_settings(parse(read_text(path), environ))


def load_settings(settings: Settings) -> Loaded:
    """Read the files that *settings* name.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    for name in ("ingest", "metrics"):
        if address := getattr(settings.listen, name):
            split_address(address, f"listen.{name}")
    protected, problems = protection_of(settings.listen)
    check_exposure(settings.listen, protected=protected)
    if settings.proxy.upstream:
        from driftgauge.serve.proxy import parse_upstream  # noqa: PLC0415 - most exporters have none

        parse_upstream(settings.proxy.upstream)
        split_address(settings.proxy.listen, "proxy.listen")
    settings, missing = without_missing(settings)
    references, errors = read_references(settings)
    notes = tuple(unknown_columns(settings, references))
    return Loaded(
        settings, references, (*problems, *missing, *map(str, errors)), notes, _key(settings.categories_key_file)
    )


def unknown_columns(settings: Settings, references: Mapping[str, Reference]) -> Iterator[str]:
    """Yield a note on every column that is configured and that the model's profile does not have."""
    sections = [("defaults", settings.defaults), *((f"models[{n}]", model) for n, model in enumerate(settings.models))]
    for path, model in sections:
        reference = references.get(model.reference.path)
        if reference is None:
            continue
        known = [column.name for column in reference.profile.spec.schema.columns if column.role == "input"]
        known += reference.profile.spec.texts
        for name in model.features:
            if name not in known and not model.features[name].ignore:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known[:10]) or 'none'}"
                yield f"{path}.features.{name}: no such column in {model.reference.path}; {hint}"


def _key(path: str) -> bytes:
    """Return the key of concealed categories.

    Raises:
        ConfigError: there is no usable one.
    """
    if not path:
        return b""
    try:
        key = Path(path).read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"categories_key_file: {path}: {error.strerror or error}") from error
    if not LEAST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
        raise ConfigError(
            f"categories_key_file: {path}: expected {LEAST_KEY_BYTES} to {MOST_KEY_BYTES} bytes, got {len(key)}"
        )
    return key


def protection_of(listen: ListenSettings) -> tuple[bool, list[str]]:
    """Return whether the ingest port is protected, and what is wrong with the files that protect listeners."""
    protected, problems = False, []
    for name in ("metrics", "ingest"):
        files = guard_files(listen, name)
        try:
            found = read_protection(files)
            strong = found.context is not None or bool(found.kinds)
        except ConfigError as error:
            problems.append(str(error))
            strong = True  # a listener whose files cannot be read takes nothing
        protected = strong if name == "ingest" else protected
    return protected, problems


def shut_of(text: str, listen: ListenSettings) -> tuple[str, ...]:
    """Return the listeners of which an unreadable configuration says that they are protected, but not how."""
    asked = any(f"metrics_{kind}" in text for kind in ("web_config", "token_file"))
    return ("metrics",) if asked and not guard_files(listen, "metrics") else ()


def read_text(path: Path | None) -> str:
    """Return the text of a configuration file; none is an empty one.

    Raises:
        ConfigError: it cannot be read.
    """
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected UTF-8 ({error.reason} at byte {error.start})") from error
