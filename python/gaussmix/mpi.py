"""Fits on MPI, where each rank has rows of its own."""

try:
    from .engines._mpi import fit
except (ImportError, RuntimeError) as error:  # mpi4py, or the MPI that it loads
    raise ImportError(
        "gaussmix.mpi needs mpi4py and an MPI: pip install 'gaussmix[mpi]', and mpich where the "
        "machine has none"
    ) from error

__all__ = ["fit"]
