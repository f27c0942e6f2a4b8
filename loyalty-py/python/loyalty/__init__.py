"""Customer scoring: RFM, loyalty score, lifetime value, churn and segments, with the same bits on every machine."""

from __future__ import annotations

from loyalty._threads import get_num_threads, set_num_threads
from loyalty.errors import (
    ConvergenceWarning,
    FewDistinctPointsWarning,
    LoyaltyError,
    LoyaltyTypeError,
    LoyaltyWarning,
    SeparationWarning,
)
from loyalty.kmeans import ChooseK, KMeans

__all__ = [
    "ChooseK",
    "ConvergenceWarning",
    "FewDistinctPointsWarning",
    "KMeans",
    "LoyaltyError",
    "LoyaltyTypeError",
    "LoyaltyWarning",
    "SeparationWarning",
    "get_num_threads",
    "set_num_threads",
]
