"""What the exporter asks of the C library."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

_PROGRAM = """
import resource, sys
from driftgauge.serve.memory import keep_large_blocks, share_one_arena, trim

def faults(times, size=4 << 20):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        block = bytearray(size)
        block[::4096] = bytes(len(range(0, size, 4096)))
        del block
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

share_one_arena()
keep_large_blocks()
once = faults(1)
again = faults(20)
trim()
print(once, again, faults(1))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is another one")
def test_large_blocks_are_used_again_until_they_are_trimmed():
    """The pages of a freed block are not fetched from the kernel again, but go back to it when told so."""
    run = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True)
    once, again, trimmed = map(int, run.stdout.split())
    assert once > 900
    assert again < once
    assert trimmed > 900
