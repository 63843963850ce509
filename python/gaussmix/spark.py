"""Fits of Spark DataFrames, and their labels."""

try:
    from .engines._spark import fit, transform
except ImportError as error:
    raise ImportError("gaussmix.spark needs pyspark: pip install 'gaussmix[spark]'") from error

__all__ = ["fit", "transform"]
