"""The confidence of class scores that are a torch tensor, reduced on the tensor's device: four numbers a row are copied.

Nothing is imported until a tensor comes: whoever has one has torch. Same results as `confidence.confidence_of` to
float32 precision.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

__all__ = ["confidence_tensor", "softmax_tensor"]

_TOP = 5


def softmax_tensor(scores: Any) -> Any:
    """Return class probabilities of logits in float32 at least, on their device."""
    torch: Any = import_module("torch")
    wide = scores if scores.dtype == torch.float64 else scores.float()
    return torch.log_softmax(wide, dim=-1).exp()


def confidence_tensor(scores: Any, *, logits: bool, labels: Any = None, ignore_index: int = -100) -> Any:
    """Return top-1, top-5, margin and entropy (0..1) of each row, [n, 4] or of sequences [batch, 4], on the device.

    Args:
        scores: [n, classes] or [batch, sequence, classes].
        logits: whether a softmax is due.
        labels: [n] or [batch, sequence]; positions whose label is *ignore_index* do not count.
        ignore_index: see above.
    """
    torch: Any = import_module("torch")
    with torch.no_grad():
        scores = scores.detach()
        p = softmax_tensor(scores) if logits else scores if scores.dtype == torch.float64 else scores.float()
        classes = p.shape[-1]
        best = p.topk(min(_TOP, classes), dim=-1).values
        entropy = torch.special.entr(p).sum(dim=-1) / math.log(classes)
        table = torch.stack([best[..., 0], best.sum(dim=-1), best[..., 0] - best[..., 1], entropy], dim=-1)
        if labels is not None:
            ignored = torch.as_tensor(labels, device=table.device) == ignore_index
            table = table.masked_fill(ignored.unsqueeze(-1), math.nan)
        return table if table.ndim == 2 else table.nanmean(dim=1)
