"""The examples run, and say what their text says they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_drift_on_text_and_images():
    """Data as before are ok, the others alert, and what shifted is named."""
    script = EXAMPLES / "drift_on_text_and_images.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=120)
    lines = done.stdout.splitlines()
    status = {line[:26].strip(): line[26:].split()[0] for line in lines[1:4]}
    assert status == {"another week": "ok", "longer reviews": "alert", "complaints about the shop": "alert"}
    assert "text.length" in lines[2]
    assert lines[5].split()[-1] == "none"
    assert "alert" in lines[6]
    assert lines[6].endswith("image.mean[0], image.mean[1]") or lines[6].endswith("image.mean[1], image.mean[0]")
    assert lines[7].startswith("drift: True")
    assert "brightness" in lines[7]
