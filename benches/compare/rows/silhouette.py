"""The exact silhouette."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import loyalty
import numpy as np
from row import ANY, Call, Case, Row, Scale, close


def exact(rows: int, columns: int, k: int = 5, calls: int = 1) -> Callable[[Scale], Case]:
    def prepare(scale: Scale) -> Case:
        x = data.blobs(scale.rows(rows), columns, k)
        labels = loyalty.KMeans(k, max_iter=5, random_state=7).fit(x).labels_

        def sklearn() -> Call:
            from sklearn.metrics import silhouette_score

            return lambda: silhouette_score(x, labels)

        def agree(ours: Any, theirs: Any) -> None:
            close("the silhouette", ours, theirs, 1e-9)

        return Case(
            ours=lambda n_threads: loyalty.metrics.silhouette(x, labels, n_threads=n_threads),
            peers={"scikit-learn": sklearn},
            agree=agree,
            calls=calls,
            unit=x.nbytes,
        )

    return prepare


ROWS = [
    Row("silhouette/20000x3", "exact silhouette", "2e4×3", exact(20_000, 3), {ANY: 15.0}, 0.0),
    Row("silhouette/100000x8", "exact silhouette", "1e5×8", exact(100_000, 8), {ANY: 15.0}, 0.0),
    Row("silhouette/1000x3", "exact silhouette", "1,000×3", exact(1000, 3, calls=5), {ANY: 20.0}),
]
