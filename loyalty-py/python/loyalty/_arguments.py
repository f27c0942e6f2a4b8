"""Plain arguments: numbers and names on their way to the core, which checks their ranges."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from loyalty.errors import LoyaltyError, LoyaltyTypeError

__all__ = ["count", "params_json", "seed_of", "whole"]


def whole(name: str, value: Any) -> int:
    """A whole number of the argument ``name``."""
    if not isinstance(value, (bool, np.bool_)):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise LoyaltyTypeError(f"{name} is {value!r}; it must be a whole number", argument=name)


def count(name: str, value: Any) -> int:
    """A whole number, 0 or more, that fits 64 bits."""
    number = whole(name, value)
    if not 0 <= number < 2**64:
        raise LoyaltyError(f"{name} is {number}; it must be a whole number, 0 or more and below 2^64", argument=name)
    return number


def seed_of(random_state: Any) -> int:
    """The core's seed for a ``random_state``: None is 0, a generator gives its next number."""
    if random_state is None:
        return 0
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63 - 1))
    seed = whole("random_state", random_state)
    if not 0 <= seed < 2**64:
        raise LoyaltyError(f"random_state is {seed}; it must be 0 or more and below 2^64", argument="random_state")
    return seed


def params_json(params: Mapping[str, Any]) -> str:
    """The parameters of a specification in the form of a model file."""
    return json.dumps({name: _plain(name, value) for name, value in params.items()}, allow_nan=False)


def _plain(name: str, value: Any) -> Any:
    """A value as JSON has it; ``name`` is for the error."""
    if value is None or isinstance(value, (str, bool, int)):
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            raise LoyaltyError(f"{name} is {value}; it must fit 64 bits", argument=name)
        return value
    if isinstance(value, np.generic):
        return _plain(name, value.item())
    if isinstance(value, float):
        if not math.isfinite(value):
            raise LoyaltyError(f"{name} is {value}; it must be a finite number", argument=name)
        return value
    if isinstance(value, np.ndarray):
        return _plain(name, value.tolist())
    if isinstance(value, Mapping):
        return {str(key): _plain(f"{name}.{key}", part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(f"{name}[{i}]", part) for i, part in enumerate(value)]
    raise LoyaltyTypeError(
        f"{name} is {value!r} of type {type(value).__name__}; it must be a number, a text or a list of these",
        argument=name,
    )
