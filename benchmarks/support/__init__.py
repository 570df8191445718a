"""What the benchmarks share: a server in a process of its own, bodies to send to it, tables to print."""
