"""Programs that run a peer on the benchmark's rows, each in an environment that has that peer: see `peers.py`."""
