"""Page: the files of the exporter's own page (`static/`): one document, one style, ES modules. `serve/page.py` serves them."""

__all__: list[str] = []
