"""driftgauge: is the model in production still seeing the data it was trained for, and how sure are we?"""

__all__ = ["__version__"]

__version__ = "0.1.0"
