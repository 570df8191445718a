"""What a configuration may say of tensors."""

from __future__ import annotations

import pytest

from driftgauge.config import ModelSettings, TensorSettings
from driftgauge.errors import ConfigError
from driftgauge.model.fingerprint import fingerprint
from driftgauge.serve.settings import parse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{kind: picture}", "models[0].tensors.x.kind"),
        ("{kind: image, mask: m}", "mask: means nothing to a tensor of kind 'image'"),
        ("{kind: logits, layout: channels_first}", "layout: means nothing to a tensor of kind 'logits'"),
        ("{kind: token_ids, pooling: cls}", "pooling: means nothing to a tensor of kind 'token_ids'"),
        ("{kind: ignore, field: y}", "field: means nothing to a tensor of kind 'ignore'"),
        ("{mask: m}", "mask: means nothing to a tensor of kind ''"),
        ("{kind: logits, class_axis: 0}", "class_axis: expected an axis behind that of the rows"),
        ("{kind: image, layout: CHW}", "models[0].tensors.x.layout"),
        ("{kind: image, size: 3}", "unknown setting"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text, message):
    """A setting of another kind is a mistake, and says which."""
    with pytest.raises(ConfigError) as caught:
        parse(f"models: [{{name: a, tensors: {{x: {text}}}}}]", {})
    assert message in str(caught.value)


def test_a_budget_is_no_negative_number():
    """The budget is rows a second."""
    with pytest.raises(ConfigError, match="tensor_rows_per_second: expected a number >= 0"):
        parse("defaults: {tensor_rows_per_second: -1}", {})


def test_what_tensors_are_decides_what_is_counted():
    """Windows begin anew with another meaning of a tensor, and go on where nothing is said of any, as before, or of the budget."""
    plain, image = ModelSettings(name="a"), ModelSettings(name="a", tensors={"x": TensorSettings(kind="image")})
    assert fingerprint(plain) == fingerprint(ModelSettings(name="a", tensor_rows_per_second=7))
    assert fingerprint(plain) != fingerprint(image)
