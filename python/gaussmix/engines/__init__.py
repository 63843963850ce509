"""Fits on engines that hold rows on many machines: Dask, MPI, Spark.

Each module is thin: it defines how to get the summary, a sample and the moments of all rows.
They are imported on demand, by `gaussmix.dask`, `gaussmix.mpi` and `gaussmix.spark`.
"""
