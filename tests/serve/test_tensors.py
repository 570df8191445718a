"""Pictures and sequences on their way through the exporter: a model behind the proxy, a logger's events, a sender's tensors."""

from __future__ import annotations

import json

import numpy as np
import pytest

from driftgauge import compute_dataset_profile
from driftgauge.serve.settings import parse
from tests.ingest.bodies import binary, tensor
from tests.serve.harness import Exporter, eventually, of_model
from tests.serve.loggers import counted, log
from tests.serve.proxy.rig import Forwarding, answer, post
from tests.training.data import VISION, pictures

TENSORS = """
    tensors:
      pixel_values: {field: image, layout: channels_first}
      logits: {kind: logits, mask: attention_mask}
"""
JUDGED = (
    """
models:
  - name: vision
    version: "1"
    seasonality: none
    lateness_seconds: 0
    reference: {path: photos.json}
    tensor_rows_per_second: 100000
"""
    + TENSORS
)
LEARNED = "models:\n  - name: iris\n    reference: {learn_rows: 100}\n" + TENSORS
ROWS = 64
BINARY = "application/octet-stream"


def inference(seed: int, shift: float = 0.0, rows: int = ROWS) -> tuple[tuple[bytes, str], tuple[bytes, str]]:
    """Return request and response: pictures that are brighter by *shift*, scores of ten positions of which six count."""
    pixels = np.stack([picture for picture, _ in pictures(rows, seed, (0.5 + shift,) * 3)])
    mask = np.ones((rows, 10), np.int64)
    mask[:, 6:] = 0
    scores = np.random.default_rng(seed).normal(size=(rows, 10, 7)).astype(np.float32)
    names = {"model_name": "vision", "model_version": "1"}
    request = binary([tensor("pixel_values", pixels), tensor("attention_mask", mask)])
    return request, binary((), [tensor("logits", scores)], **names)


@pytest.fixture(scope="module")
def profile():
    return compute_dataset_profile(pictures(400, 1), VISION, 400, created=0.0).reference


@pytest.mark.parametrize(("shift", "status"), [(0.0, 0), (0.1, 2)], ids=["as ever", "brighter"])
def test_a_brighter_light_alerts_behind_the_proxy(profile, shift, status):
    """The profile of the training pictures is compared with the tensors that pass, and nothing of them is changed."""
    with Forwarding(JUDGED) as rig:
        rig.engine.configure(parse(JUDGED, {}), {"photos.json": profile})
        for seed in range(10):
            (sent, length), (answered, header) = inference(seed, shift)
            call = post(
                "/v2/models/vision/versions/1/infer", sent, Inference_Header_Content_Length=length, Content_Type=BINARY
            )
            back = rig.exchange(
                call, answer=[answer(answered, content_type=BINARY, Inference_Header_Content_Length=header)]
            )
            assert back.endswith(answered)
            rig.settled()
            rig.now += 120
        rig.tick()
        scrape = rig.settled()
    found = {
        name: of_model(scrape, "drift_status", "vision", "1", feature=f"image.{name}", role="input")
        for name in ("brightness", "mean[0]", "mean[1]", "mean[2]", "std[0]", "contrast", "width")
    }
    moved = dict.fromkeys(("brightness", "mean[0]", "mean[1]", "mean[2]"), status)
    assert found == moved | {"std[0]": 0, "contrast": 0, "width": 0}
    assert of_model(scrape, "tensor_rows_total", "vision", "1", result="reduced") == 10 * 2 * ROWS


def test_events_with_pictures_and_sequences_become_columns():
    """The logger's two events are one inference: the mask of the request says which scores of the response count."""
    with Exporter(LEARNED) as exporter:
        for seed in range(2):
            (sent, _), (answered, _) = inference(seed)
            log(exporter, str(seed), "request", sent)
            log(exporter, str(seed), "response", answered)
        eventually(lambda: counted(exporter).get("paired") == 4)
        exporter.tick()
        scrape = exporter.scrape()
    assert of_model(scrape, "tensor_rows_total", "iris", result="reduced") == 2 * 2 * ROWS
    columns = {name for name in scrape if name.startswith("driftgauge_drift_status") and 'model="iris"' in name}
    for feature, role in (("image.brightness", "input"), ("confidence.top1", "output"), ("confidence.top5", "output")):
        assert any(f'feature="{feature}",role="{role}"' in name for name in columns), feature
    assert not any("attention_mask" in name for name in columns)


def test_what_is_left_out_is_said_and_what_is_beyond_the_budget_counted(caplog):
    """The answer names the setting, the log says it once, and pictures beyond the budget are no missing values."""
    with Exporter("defaults: {tensor_rows_per_second: 1}") as exporter:
        content, length = binary([tensor("x", np.zeros((2, 3, 9, 9), np.float32)), tensor("y", np.zeros((2, 3, 4)))])
        answers = [
            exporter.post(content, Content_Type=BINARY, Inference_Header_Content_Length=length).json for _ in range(3)
        ]
        scrape = exporter.scrape()
    assert [answer["accepted"] for answer in answers] == [2, 2, 2]
    (error,) = answers[0]["errors"]
    assert (error["field"], error["reason"]) == ("y", "unsupported_rank")
    assert "`tensors.y`" in error["message"]
    assert sum("tensor left out" in record.message for record in caplog.records) == 1
    found = {result: of_model(scrape, "tensor_rows_total", result=result) for result in ("reduced", "not_sampled")}
    assert found == {"reduced": 2, "not_sampled": 4}
    assert of_model(scrape, "predictions_total") == 6


def test_a_large_body_of_json_does_not_hold_the_loop():
    """It is read and reduced in the counting thread, to the same facts."""
    pixels = np.round(np.random.default_rng(1).random((4, 3, 40, 40)), 3)
    shown = {"name": "x", "shape": list(pixels.shape), "datatype": "FP64", "data": pixels.reshape(-1).tolist()}
    with Exporter() as exporter:
        answer = exporter.post(json.dumps({"inputs": [shown]}).encode())
        scrape = exporter.scrape()
    assert answer.json == {"accepted": 4, "rejected": 0}
    assert of_model(scrape, "tensor_rows_total", result="reduced") == 4


def test_a_response_that_comes_too_late_has_no_mask():
    """Its scores are left out with a reason, the pictures of its request have been counted, and it is no second request."""
    with Exporter(LEARNED + "kserve: {pair_seconds: 0.3}\n") as exporter:
        (sent, _), (answered, _) = inference(1)
        log(exporter, "1", "request", sent)
        eventually(lambda: 'unpaired{kind="request",reason="expired"}' in counted(exporter))
        log(exporter, "1", "response", answered)
        eventually(lambda: counted(exporter).get('unpaired{kind="response",reason="late"}') == 1)
        scrape = exporter.scrape()
    assert of_model(scrape, "schema_violations_total", "iris", feature="logits", reason="no_mask") == 1
    assert of_model(scrape, "tensor_rows_total", "iris", result="reduced") == ROWS
    assert of_model(scrape, "requests_total", "iris") == 1


def test_late_pictures_are_counted_as_reduced():
    """A request that comes after its response had expired was reduced all the same."""
    with Exporter(LEARNED + "kserve: {pair_seconds: 0.3}\n") as exporter:
        (sent, _), (answered, _) = inference(1)
        log(exporter, "1", "response", answered)
        eventually(lambda: 'unpaired{kind="response",reason="expired"}' in counted(exporter))
        log(exporter, "1", "request", sent)
        eventually(lambda: counted(exporter).get('unpaired{kind="request",reason="late"}') == 1)
        scrape = exporter.scrape()
    assert of_model(scrape, "tensor_rows_total", "iris", result="reduced") == ROWS
