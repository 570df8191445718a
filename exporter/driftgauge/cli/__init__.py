"""The command line: one command a file; the only importer of everything."""
