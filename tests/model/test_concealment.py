"""Concealed categories: the same scores, and nowhere the values."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.config import ColumnSettings, ModelSettings, ReferenceSettings, SegmentSettings, Settings
from driftgauge.expose import CLASSIC, ExporterView, Exposition, describe_model
from driftgauge.model import Registry
from driftgauge.model.concealment import Concealment
from driftgauge.model.model import Model
from driftgauge.model.segments import VALUE_CHARS
from driftgauge.profile import dumps, loads
from driftgauge.profile.segments import SegmentProfiles
from driftgauge.reference import Learner

KEY = b"a key of sixteen bytes or more"
NOW = 1_790_000_040.0
PLANS = ("basic-plan", "plus-plan", "secret-plan")


def batch(rows: int = 900, *, shift: int = 0) -> Batch:
    number = np.arange(rows)
    return Batch(
        rows,
        inputs={
            "plan": Categories(((np.minimum(number % 10 // 4, 2) + shift) % 3).astype(np.int32), PLANS),
            "region": Categories((number % 2).astype(np.int32), ("basic-plan", "eu")),
            "age": (number % 40).astype(float),
        },
        outputs={"prediction": Categories((number % 20 == 0).astype(np.int32), ("legitimate", "fraudulent"))},
    )


def reference():
    learner = Learner(900)
    learner.observe(batch())
    return learner.finish(NOW)


def model(kind: str = "raw", key: bytes = KEY, allowed: tuple[str, ...] = (), **columns: ColumnSettings) -> Model:
    """Make a model that has counted traffic of which a third has another plan than the reference's."""
    settings = ModelSettings(
        name="fraud",
        reference=ReferenceSettings(path="x"),
        categories=kind,
        allowed_categories=allowed,
        features=columns,
    )
    made = Model("fraud", "1", settings, reference(), key=key)
    made.observe(batch(shift=1), NOW)
    made.observe(Batch(2, inputs={"plan": Categories(np.array([0, 1], np.int32), ("never-seen", "secret-plan"))}), NOW)
    made.tick(NOW)
    return made


def told(made: Model) -> str:
    """Return all that is told of a model anywhere: metrics, JSON, its reference and its checkpoint."""
    view = made.view(NOW)
    scrape = Exposition().render([view], ExporterView(version="0"), CLASSIC).decode()
    state = made.freeze(NOW)
    assert state is not None
    assert made.reference is not None
    return scrape + json.dumps(describe_model(view)) + dumps(made.reference) + repr(state.facts)


def scores(made: Model):
    evaluation = made.view(NOW).evaluation
    assert evaluation is not None
    return evaluation.scores


@pytest.mark.parametrize("kind", ["hash", "allow"])
def test_values_are_nowhere_and_scores_are_the_same(kind):
    """Windows, evidence, unseen values: all as without."""
    plain, concealed = model(), model(kind)
    for value in (*PLANS, "fraudulent", "legitimate"):
        assert value in told(plain)
        assert value not in told(concealed)
    assert "never-seen" not in told(concealed)
    for name in ("score", "debiased", "evidence", "samples"):
        np.testing.assert_array_equal(getattr(scores(plain), name), getattr(scores(concealed), name))
    ours, theirs = (made.view(NOW).total for made in (plain, concealed))
    assert ours is not None
    assert theirs is not None
    np.testing.assert_array_equal(ours.categories.counts, theirs.categories.counts)
    np.testing.assert_array_equal(ours.categories.unseen, theirs.categories.unseen)
    assert ours.categories.unseen.sum() == 1


def test_allowed_values_are_shown_and_the_others_are_not():
    text = told(
        model("allow", allowed=("legitimate", "fraudulent"), plan=ColumnSettings(allowed_categories=("plus-plan",)))
    )
    assert all(value in text for value in ("legitimate", "fraudulent", "plus-plan"))
    assert "basic-plan" not in text
    assert "secret-plan" not in text


def test_a_column_may_be_shown_otherwise_than_its_model():
    text = told(model("raw", plan=ColumnSettings(categories="hash")))
    assert "secret-plan" not in text
    assert "fraudulent" in text
    text = told(model("hash", region=ColumnSettings(categories="raw")))
    assert "basic-plan" in text
    assert "secret-plan" not in text


def told_of_segments(kind: str, *, known: bool = False, **columns: ColumnSettings) -> tuple[str, Model]:
    """Count rows of three tenants; return what is told of them, and the model."""
    settings = ModelSettings(
        name="fraud",
        reference=ReferenceSettings(path="x"),
        categories=kind,
        features=columns,
        segments=SegmentSettings(fields=("tenant",), columns=("age",), values=2),
    )
    made = batch(shift=1)
    codes = (np.arange(made.rows) % 4).astype(np.int32)
    tenants = Categories(codes, ("acme-corp", "bolt-ltd", "x" * (VALUE_CHARS + 1), "cato-inc"))
    own = reference()
    if known:
        counted = own.profile.histogram.counts[None]
        own = replace(
            own, segments={"tenant": SegmentProfiles(("bolt-ltd",), counted, own.profile.categories.counts[None])}
        )
    of = Model("fraud", "1", settings, own, key=KEY)
    of.observe(replace(made, segments={"tenant": tenants}), NOW)
    of.tick(NOW)
    return told(of), of


@pytest.mark.parametrize("known", [True, False])
def test_segments_are_shown_as_a_column_of_their_name_would_be(known):
    """Digests in labels, JSON and checkpoint; counted as without, those that are not told apart too."""
    (plain, one), (concealed, other) = (told_of_segments(kind, known=known) for kind in ("raw", "hash"))
    assert "bolt-ltd" in plain
    for tenant in ("acme-corp", "bolt-ltd", "cato-inc"):
        assert tenant not in concealed
    assert 'segment="tenant=#' in concealed
    parts = [made.view(NOW).evaluation.segments for made in (one, other)]
    assert sorted(parts[0].scores.samples[:, 0]) == sorted(parts[1].scores.samples[:, 0]) == [225, 225, 450]
    assert sorted(parts[0].against) == sorted(parts[1].against)
    assert "bolt-ltd" not in told_of_segments("raw", tenant=ColumnSettings(categories="hash"))[0]


def names(made: Model, column: str) -> tuple[str, ...]:
    assert made.reference is not None
    spec = made.reference.profile.spec
    return spec.categories.names[[found.name for found in spec.schema.categorical].index(column)]


def test_digests_depend_on_key_and_column():
    """Whoever lacks the key cannot look a value up, nor see that two columns share it."""
    one, same, other = model("hash"), model("hash"), model("hash", key=b"another key of sixteen bytes")
    assert names(one, "plan") == names(same, "plan")
    assert set(names(one, "plan")).isdisjoint(names(other, "plan"))
    assert set(names(one, "plan")).isdisjoint(names(one, "region"))
    assert all(name.startswith("#") and len(name) == 13 for name in names(one, "plan"))


def test_nothing_is_concealed_twice():
    """A stored reference that is concealed already compares with traffic that is not."""
    first = model("hash")
    assert first.reference is not None
    stored = loads(dumps(first.reference), "stored")
    again = Concealment(first.settings, KEY).of(stored)
    assert again.profile.spec.categories.names == stored.profile.spec.categories.names
    second = Model("fraud", "1", first.settings, stored, key=KEY)
    second.observe(batch(shift=1), NOW)
    second.tick(NOW)
    unseen = second.view(NOW).total
    assert unseen is not None
    assert unseen.categories.unseen.sum() == 0


def test_a_learned_reference_is_concealed():
    settings = ModelSettings(name="fraud", reference=ReferenceSettings(learn_rows=900), categories="hash")
    made = Model("fraud", "1", settings, key=KEY)
    for _ in range(3):
        made.observe(batch(), NOW)
        made.flush(NOW)
    assert made.reference is not None
    assert "secret-plan" not in told(made)
    assert made.view(NOW).mode == "learned"


def test_a_checkpoint_goes_on_under_the_same_key_only():
    from driftgauge.errors import StateError

    state = model("hash").freeze(NOW)
    assert state is not None
    assert model("hash").thaw(state, NOW)
    with pytest.raises(StateError, match="what is counted have changed"):
        model("hash", key=b"another key of sixteen bytes").thaw(state, NOW)
    with pytest.raises(StateError, match="what is counted have changed"):
        model("raw").thaw(state, NOW)


def test_another_key_or_kind_starts_the_windows_anew():
    """The same does not."""
    path = {"x": reference()}

    def settings(kind: str = "hash", **more: object) -> Settings:
        own = ModelSettings(name="fraud", version="1", reference=ReferenceSettings(path="x"), categories=kind, **more)
        return Settings(models=(own,), categories_key_file="key")

    registry = Registry(settings(), path, KEY)
    (first,) = registry.models
    registry.configure(settings(tick_seconds=5.0), path, KEY)
    assert registry.models == (first,)
    registry.configure(settings(tick_seconds=5.0), path, KEY + b"x")
    (second,) = registry.models
    assert second is not first
    registry.configure(settings("raw", tick_seconds=5.0), path, KEY + b"x")
    assert registry.models != (second,)


def test_hashing_needs_a_key():
    with pytest.raises(ValueError, match="categories_key_file: expected a file with a key"):
        Settings(defaults=ModelSettings(categories="hash"))
    with pytest.raises(ValueError, match="categories_key_file"):
        Settings(models=(ModelSettings(name="a", features={"plan": ColumnSettings(categories="allow")}),))


def test_numbers_that_are_categories_are_concealed():
    """Customer numbers say as much as names."""
    learner = Learner(900)
    rows = Batch(900, inputs={"shop": Categories((np.arange(900) % 3).astype(np.int32), ("4111", "4112", "4113"))})
    learner.observe(rows)
    settings = ModelSettings(name="fraud", reference=ReferenceSettings(path="x"), categories="hash")
    made = Model("fraud", "1", settings, learner.finish(NOW), key=KEY)
    made.observe(Batch(3, inputs={"shop": np.array([4111.0, 4112.0, 9.0])}), NOW)
    made.flush(NOW)
    total = made.view(NOW).total
    assert total is not None
    assert total.categories.unseen.sum() == 1
    assert "4111" not in told(made)


def test_classes_of_labels_are_concealed_and_still_join():
    """A label's class and the prediction's are one class, and neither is shown."""
    plain, concealed = model(), model("hash")
    number = np.arange(200)
    for made in (plain, concealed):
        truth = Categories((number % 20 == 0).astype(np.int32), ("legitimate", "fraudulent"))
        wrong = Categories((number % 10 == 0).astype(np.int32), ("legitimate", "fraudulent"))
        made.observe(Batch(200, outputs={"prediction": wrong}, labels=truth), NOW)
        made.tick(NOW)

    def samples(made: Model) -> list[tuple[str, str]]:
        text = Exposition().render([made.view(NOW)], ExporterView(version="0"), CLASSIC).decode()
        lines = [line for line in text.splitlines() if "class" in line and not line.startswith("#")]
        return sorted((line.partition("{")[0], line.rpartition(" ")[2]) for line in lines)

    assert "fraudulent" in told(plain)
    assert "fraudulent" not in told(concealed)
    assert samples(plain) == samples(concealed)
    assert any("label" in name or "precision" in name or "recall" in name for name, _ in samples(plain))
