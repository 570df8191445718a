"""Pages: what each dashboard asks, from the whole fleet down to one feature, and the exporter itself."""
