"""What the tests share."""

from __future__ import annotations

import numpy as np
import orders
import pytest

import loyalty


@pytest.fixture(scope="session")
def cdnow() -> dict[str, np.ndarray]:
    """The order log of CDNOW's sample, as a dict of arrays."""
    return orders.cdnow()


@pytest.fixture(scope="session")
def log() -> dict[str, np.ndarray]:
    """A log with all columns that a scorecard knows."""
    return orders.log()


@pytest.fixture(scope="session")
def card(log: dict[str, np.ndarray]) -> loyalty.Scorecard:
    """A scorecard fitted to it."""
    return loyalty.Scorecard(horizon_days=120, random_state=7).fit(
        log, order="order", usage="usage", feedback="feedback"
    )
