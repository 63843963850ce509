"""Fits on engines that hold rows on many machines: Dask, MPI, Spark.

Each is thin: it says how the summary, a sample and the moments of all rows are asked for there.
They are imported on demand, by `gaussmix.dask`, `gaussmix.mpi` and `gaussmix.spark`.
"""
