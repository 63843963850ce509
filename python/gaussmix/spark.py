"""Fits of Spark DataFrames, and their labels."""

from .engines._spark import fit, transform

__all__ = ["fit", "transform"]
