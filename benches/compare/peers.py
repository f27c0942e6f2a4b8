"""The peers: at most two threads for each, and the form of each that is fastest."""

from __future__ import annotations

import os

THREADS = 2

PACKAGES = ("scikit-learn", "scikit-learn-intelex", "polars", "duckdb", "pandas", "faiss-cpu", "numpy", "lifetimes")


def cap_threads() -> None:
    """Before anything else is imported: thread pools look at the environment when they are made."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ[name] = str(THREADS)


def intelex():
    """scikit-learn-intelex, on two threads."""
    import daal4py
    import sklearnex.cluster
    import sklearnex.linear_model

    daal4py.daalinit(nthreads=THREADS)
    return sklearnex


def faiss():
    import faiss

    faiss.omp_set_num_threads(THREADS)
    return faiss


def duckdb(**tables):
    """A connection with these frames as tables of its own."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}")
    connection.execute("SET preserve_insertion_order = false")
    for name, frame in tables.items():
        connection.register("given", frame)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        connection.unregister("given")
    return connection
