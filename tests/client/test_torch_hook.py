"""The hook on a torch module."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.derive.confidence import ENTROPY, MARGIN, TOP1, TOP5

torch = pytest.importorskip("torch")


@pytest.fixture
def module():
    torch.manual_seed(1)
    return torch.nn.Linear(4, 3).eval()


def test_confidence_of_a_classifier(monitor, exporter, module):
    """Class, confidence, margin, entropy and probabilities are those of a softmax of the logits."""
    hook = monitor.hook(module, features=lambda x: x)
    inputs = torch.randn(5, 4)
    output = module(inputs)
    assert monitor.flush()
    p = output.detach().softmax(dim=1).numpy().astype(np.float64)
    ordered = np.sort(p, axis=1)
    columns = {name: exporter.column(name, "outputs") for name in ("prediction", TOP1, MARGIN, ENTROPY)}
    assert columns["prediction"] == p.argmax(axis=1).tolist()
    np.testing.assert_allclose(columns[TOP1], ordered[:, -1], rtol=1e-5)
    np.testing.assert_allclose(columns[MARGIN], ordered[:, -1] - ordered[:, -2], rtol=1e-4)
    np.testing.assert_allclose(columns[ENTROPY], -(p * np.log(p)).sum(axis=1) / np.log(3), rtol=1e-5)
    np.testing.assert_allclose(exporter.batches[0].probabilities, p, rtol=1e-5)
    np.testing.assert_array_equal(exporter.column("x[0]"), inputs[:, 0].numpy())
    assert (exporter.total("requests"), exporter.total("predictions"), len(exporter.latencies())) == (1, 5, 1)
    hook.remove()
    module(inputs)
    assert monitor.flush()
    assert exporter.total("requests") == 1


def test_many_classes_send_four_numbers_a_row(monitor, exporter):
    """Of a thousand classes no probabilities are copied."""
    module = torch.nn.Linear(2, 1000).eval()
    monitor.hook(module)
    module(torch.randn(3, 2))
    assert monitor.flush()
    assert exporter.batches[0].probabilities is None
    assert len(exporter.column(TOP5, "outputs")) == 3


def test_impossible_classes_have_an_entropy(monitor, exporter):
    """A logit of minus infinity is a probability of zero, not a NaN."""
    module = torch.nn.Identity().eval()
    monitor.hook(module, classes=["cat", "dog", "cow"])
    module(torch.tensor([[0.0, 0.0, -torch.inf]]))
    assert monitor.flush()
    assert exporter.column(ENTROPY, "outputs") == pytest.approx([np.log(2) / np.log(3)])
    assert exporter.column("prediction", "outputs")[0] in {"cat", "dog"}


def test_sequences_are_rows(monitor, exporter):
    """Scores of tokens become one row a sequence: the means over its positions, and no single class."""
    module = torch.nn.Identity().eval()
    monitor.hook(module, features=lambda _: {"length": [4.0, 4.0]})
    scores = torch.randn(2, 4, 7, generator=torch.Generator().manual_seed(2))
    module(scores)
    assert monitor.flush()
    expected = scores.softmax(dim=-1).max(dim=-1).values.mean(dim=1)
    np.testing.assert_allclose(exporter.column(TOP1, "outputs"), expected, rtol=1e-5)
    assert exporter.column("length") == [4.0, 4.0]
    assert "prediction" not in exporter.batches[0].outputs


def test_numbers(monitor, exporter):
    """A module with one output is a regression."""
    module = torch.nn.Linear(2, 1).eval()
    monitor.hook(module)
    expected = module(torch.ones(3, 2))
    assert monitor.flush()
    assert exporter.column("prediction", "outputs") == expected.reshape(-1).tolist()


def test_training_is_not_logged(monitor, exporter, module):
    """While the module trains, and for outputs that are no scores, nothing goes wrong and nothing is sent."""
    monitor.hook(module)
    module.train()
    module(torch.randn(2, 4))
    assert monitor.flush()
    assert exporter.attempts == []


def test_an_odd_output_hurts_nobody(make, exporter, caplog):
    """An output without scores is told once; the module works."""

    class Odd(torch.nn.Module):
        def forward(self, x):
            return {"x": x}

    module, monitor = Odd().eval(), make(exporter)
    monitor.hook(module)
    assert set(module(torch.ones(1))) == {"x"}
    monitor.log(features=[1.0])
    assert not monitor.flush()
    assert "cannot be used" in caplog.text


def test_outputs_are_the_modules(monitor, exporter, module):
    """Gradients still flow, and changing the output later changes nothing that was logged."""
    monitor.hook(module)
    output = module(torch.ones(2, 4))
    first = output.detach().argmax(dim=1).tolist()
    output.sum().backward()
    with torch.no_grad():
        output.zero_()
    assert module.weight.grad is not None
    assert monitor.flush()
    assert exporter.column("prediction", "outputs") == first


def test_workers_of_a_data_loader(make, exporter):
    """A data set that logs in forked workers sends from each of them."""
    monitor = make(exporter, shutdown_seconds=10)
    monitor.log(features=[0.0], prediction=-1)

    class Numbers(torch.utils.data.Dataset):
        def __len__(self):
            return 40

        def __getitem__(self, index):
            monitor.log(features=[float(index)], prediction=index)
            return index

    loader = torch.utils.data.DataLoader(Numbers(), batch_size=4, num_workers=2, multiprocessing_context="fork")
    assert sum(len(batch) for batch in loader) == 40
    del loader
    assert monitor.flush()
    from tests.client.exporters import eventually

    assert eventually(lambda: exporter.rows == 41)
    assert len({sent.facts["pid"] for sent in exporter.observations}) == 3
