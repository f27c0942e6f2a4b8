"""Every row of the comparison, in the order of the table."""

from __future__ import annotations

from rows import churn, customers, kmeans, rfm, scorecard, silhouette

ROWS = [*customers.ROWS, *rfm.ROWS, *kmeans.ROWS, *churn.ROWS, *silhouette.ROWS, *scorecard.ROWS]
