"""Customer scoring: RFM, loyalty score, lifetime value, churn and segments, with the same bits on every machine.

=================================  ========================================================
from                               to
=================================  ========================================================
an order log                       one row a customer: :func:`summarize`, :class:`Accumulator`
customer rows                      scores and named segments: :class:`RFM`
behaviours                         a weighted score and tiers: :class:`LoyaltyScore`
cash flows, margins, retention     lifetime value: :mod:`loyalty.clv`
features and who churned           churn probabilities: :class:`LogisticChurn`
features                           clusters: :class:`KMeans`, :class:`ChooseK`
columns                            a common scale: :class:`StandardScaler`, :class:`MinMaxScaler`
truth and predictions              quality: :mod:`loyalty.metrics`
an order log                       all of these at once: :class:`Scorecard`
a model file                       the model: :func:`load`, :func:`loads`
any of these                       pictures: :mod:`loyalty.plot`
=================================  ========================================================
"""

from __future__ import annotations

from importlib.metadata import version as _version

from loyalty import churn, clv, metrics, plot
from loyalty._threads import get_num_threads, set_num_threads
from loyalty.churn import LogisticChurn
from loyalty.customers import Accumulator, RowCounts, summarize
from loyalty.errors import (
    ConvergenceWarning,
    FewDistinctPointsWarning,
    LoyaltyError,
    LoyaltyTypeError,
    LoyaltyWarning,
    SeparationWarning,
)
from loyalty.kmeans import ChooseK, KMeans
from loyalty.model import load, loads
from loyalty.rfm import RFM
from loyalty.scaling import MinMaxScaler, StandardScaler
from loyalty.score import LoyaltyScore
from loyalty.scorecard import CustomerScore, Scorecard

__version__ = _version("loyalty-py")

__all__ = [
    "RFM",
    "Accumulator",
    "ChooseK",
    "ConvergenceWarning",
    "CustomerScore",
    "FewDistinctPointsWarning",
    "KMeans",
    "LogisticChurn",
    "LoyaltyError",
    "LoyaltyScore",
    "LoyaltyTypeError",
    "LoyaltyWarning",
    "MinMaxScaler",
    "RowCounts",
    "Scorecard",
    "SeparationWarning",
    "StandardScaler",
    "churn",
    "clv",
    "get_num_threads",
    "load",
    "loads",
    "metrics",
    "plot",
    "set_num_threads",
    "summarize",
]
