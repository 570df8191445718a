"""Draw: the answers to a dashboard's queries as a picture, panel by panel, in the dashboard's own grid."""

from dashboards.preview.draw.sheet import draw

__all__ = ["draw"]
