"""Fits on MPI, where each rank has rows of its own."""

from .engines._mpi import fit

__all__ = ["fit"]
