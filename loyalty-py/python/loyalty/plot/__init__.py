"""Pictures of customers, models and their quality.

Every function draws into the Axes given as ``ax``, or into those of a new figure, and returns the Axes: titles, labels
and limits stay yours to change. Nothing is shown, and no setting of matplotlib is changed. For several pictures in one
figure make it with ``layout="constrained"``, which keeps their labels apart. matplotlib is an optional dependency:
``pip install loyalty-py[plot]``.
"""

from __future__ import annotations

from loyalty.plot.clusters import choice_of_k, cluster_profiles, silhouettes
from loyalty.plot.customers import rfm_heatmap, segment_revenue, segment_sizes, tier_risk
from loyalty.plot.predictions import calibration, cumulative_gains, roc
from loyalty.plot.value import clv_concentration, clv_distribution

__all__ = [
    "calibration",
    "choice_of_k",
    "cluster_profiles",
    "clv_concentration",
    "clv_distribution",
    "cumulative_gains",
    "rfm_heatmap",
    "roc",
    "segment_revenue",
    "segment_sizes",
    "silhouettes",
    "tier_risk",
]
