"""The service: listeners, threads, configuration, and nothing else that does I/O."""
