"""Registry: the models of this exporter, configured and registered by themselves, within limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings, Settings
from driftgauge.errors import DecodeError
from driftgauge.model.fingerprint import counting
from driftgauge.model.labelling import keys_of
from driftgauge.model.model import Model
from driftgauge.profile import Reference

__all__ = ["DEFAULT_VERSION", "Registry"]

#: version of observations that name none (wire.md)
DEFAULT_VERSION = "0"
#: longest name of a model or a version: it is part of every series
NAME_CHARS = 256


class Registry:
    """All models by name and version.

    Args:
        settings: the whole configuration.
        references: the configured profiles by their path; a path that is not in it could not be read.
        key: of the digests that stand for concealed categories.
        registered: told the name and the version of each model that registers itself.
    """

    def __init__(
        self,
        settings: Settings,
        references: Mapping[str, Reference],
        key: bytes = b"",
        registered: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._registered = registered
        self._models: dict[tuple[str, str], Model] = {}
        self._early: dict[str, tuple[str, str]] = {}
        self._key = key
        self.configure(settings, references, key)

    @property
    def models(self) -> tuple[Model, ...]:
        """All models, by name and version."""
        return tuple(self._models[key] for key in sorted(self._models))

    @property
    def learning(self) -> bool:
        """Whether a model is learning its reference."""
        # A copy, because the event loop asks while another thread may register a model.
        return any(model.learning for model in list(self._models.values()))

    def configure(self, settings: Settings, references: Mapping[str, Reference], key: bytes = b"") -> None:
        """Take a new configuration.

        A model keeps its windows unless its reference or what is counted changes: thresholds, mutes and weights do not.
        """
        self._settings = settings
        self._references = references
        rekeyed, self._key = key != self._key, key
        for (name, version), model in list(self._models.items()):
            wanted = self._wanted(name, version)
            if wanted is None:
                del self._models[name, version]
            elif (
                counting(wanted) != counting(model.settings)
                or not self._same_reference(model, wanted)
                or (rekeyed and wanted.conceals)
            ):
                self._models[name, version] = self._make(name, version, wanted)
            elif wanted != model.settings:
                model.resettle(wanted)
        for configured in settings.models:
            reference = references.get(configured.reference.path)
            version = configured.version or (reference.provenance.version if reference else "")
            if version and (configured.name, version) not in self._models:
                self._models[configured.name, version] = self._make(configured.name, version, configured)

    def find(self, name: str, version: str = DEFAULT_VERSION) -> Model:
        """Return a model, registering it when that is allowed.

        Raises:
            DecodeError: the model has no name or too long a one, is unknown and may not register itself, or there are too many.
        """
        known = self._models.get((name, version))
        if known is not None:
            return known
        settings = self._wanted(name, version)
        if settings is None:
            names = ", ".join(sorted({model.name for model in self._settings.models})) or "none"
            raise DecodeError("unknown_model", f"model {name[:80]!r} is not configured; known models: {names}")
        # Models that register themselves must not push configured ones out; versions are bounded all the same.
        configured = self._settings.model(name, version) is not None
        if len(self._models) >= self._settings.limits.models * (2 if configured else 1):
            raise DecodeError("model_limit", self._full(name, version, configured=configured))
        _check_names(name, version)
        model = self._models.setdefault((name, version), self._make(name, version, settings))
        self._registered(name, version)
        if (early := self._early.pop(name, None)) is not None and early in self._models:
            model.take_labels(self._models.pop(early))
        return model

    def label(self, name: str, version: str | None, batch: Batch, wall: float) -> Model:
        """Hand labels to the versions of a model whose predictions they are about; return one of these versions.

        Labels that name no version go where their id is known, the others to the version that was observed last.

        Raises:
            DecodeError: the model is unknown, or its labels are switched off.
        """
        versions = [model for (known, _), model in sorted(self._models.items()) if known == name]
        if version is not None:
            versions = [self.find(name, version)]
        elif not versions:  # which version predicts is not known yet: the first that does will have them
            versions = [self.find(name)]
            self._early[name] = name, DEFAULT_VERSION
        versions.sort(key=lambda model: model.last_observation)
        if not versions[-1].settings.labels.enabled:
            raise DecodeError("labels_off", f"labels.enabled is false for model {name[:80]!r}")
        if len(versions) > 1:
            keys = keys_of(batch)
            for model in versions[:-1]:
                own = model.labelling.holds(keys)
                if own.any():
                    model.label(batch.take(own), wall)
                    batch, keys = batch.take(~own), keys[~own]
        if batch.rows:
            versions[-1].label(batch, wall)
        return versions[-1]

    def at(self, key: tuple[str, str]) -> Model | None:
        """Return the model of a name and a version, if it is there."""
        return self._models.get(key)

    def forget(self, key: tuple[str, str]) -> None:
        """Let go of a model; it begins anew when it is observed again."""
        self._models.pop(key, None)

    def known(self, name: str, version: str = DEFAULT_VERSION) -> Model:
        """Return a model that is there already.

        Raises:
            DecodeError: there is no such model.
        """
        if (found := self._models.get((name, version))) is not None:
            return found
        names = ", ".join(f"{model.name} version {model.version}" for model in self.models) or "none"
        raise DecodeError("unknown_model", f"no model {name[:80]!r} version {version[:40]!r}; known models: {names}")

    def _full(self, name: str, version: str, *, configured: bool) -> str:
        """Say why a version is not taken in, and what helps."""
        return (
            f"model {name[:80]!r} version {version[:40]!r} is not registered: {len(self._models)} versions are, each counts, and limits.models "
            f"is {self._settings.limits.models}. {'Raise' if configured else 'Configure the model by name (models), raise'} limits.models, or "
            "restart the exporter (state.directory keeps versions)"
        )

    def _wanted(self, name: str, version: str) -> ModelSettings | None:
        configured = self._settings.model(name, version)
        return configured or (self._settings.defaults if self._settings.auto_register else None)

    def _make(self, name: str, version: str, settings: ModelSettings) -> Model:
        reference = self._references.get(settings.reference.path)
        return Model(name, version, settings, reference, self._settings.limits, key=self._key)

    def _same_reference(self, model: Model, settings: ModelSettings) -> bool:
        wanted = self._references.get(settings.reference.path)
        return model.goes_on(wanted.digest if wanted else None)


def _check_names(name: str, version: str) -> None:
    """Raise `DecodeError` when a model cannot be called that."""
    if not name:
        raise DecodeError("structure", "no model is named, neither in the path nor in the body", field="model")
    for field, text in (("model", name), ("version", version)):
        if len(text) > NAME_CHARS:
            message = f"expected a name of at most {NAME_CHARS} characters, got {len(text)}"
            raise DecodeError("structure", message, field=field)
