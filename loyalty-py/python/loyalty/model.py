"""Model files: fitted models as small JSON texts, the same in Rust, Python and Node."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from loyalty import _loyalty
from loyalty._estimator import Estimator
from loyalty.churn import LogisticChurn
from loyalty.errors import LoyaltyError
from loyalty.kmeans import KMeans
from loyalty.rfm import RFM
from loyalty.scaling import MinMaxScaler, StandardScaler
from loyalty.score import LoyaltyScore
from loyalty.scorecard import Scorecard

__all__ = ["load", "loads"]

_ESTIMATORS: dict[type, type[Estimator]] = {
    _loyalty.FittedRfm: RFM,
    _loyalty.FittedLoyaltyScore: LoyaltyScore,
    _loyalty.FittedLogisticChurn: LogisticChurn,
    _loyalty.FittedKMeans: KMeans,
    _loyalty.FittedStandardScaler: StandardScaler,
    _loyalty.FittedMinMaxScaler: MinMaxScaler,
    _loyalty.FittedScorecard: Scorecard,
}


def loads(text: str) -> Any:
    """Read a fitted model of any kind from the text of a model file.

    Parameters
    ----------
    text : str
        What ``to_json`` gave, here, in Rust or in Node.

    Returns
    -------
    estimator
        Fitted; it answers with the same bits as the one that was written.

    Raises
    ------
    LoyaltyError
        ``BAD_MODEL`` for a text that is damaged, of an unknown kind or from a later version.

    Examples
    --------
    >>> import loyalty
    >>> text = loyalty.StandardScaler().fit([[1.0], [3.0]]).to_json()
    >>> loyalty.loads(text).transform([[4.0]]).tolist()
    [[2.0]]
    """
    fitted = _loyalty.load_model(text)
    return _ESTIMATORS[type(fitted)]._of_model(fitted)


def load(path: str | os.PathLike[str]) -> Any:
    """Read a fitted model of any kind from its file.

    Parameters
    ----------
    path : str or path-like
        The file, as ``to_json(path)`` wrote it. For a text see :func:`loads`.

    Returns
    -------
    estimator
        Fitted; it answers with the same bits as the one that was written.

    Raises
    ------
    OSError
        If the file cannot be read.
    LoyaltyError
        ``BAD_MODEL`` for a file that is damaged, of an unknown kind or from a later version.

    Examples
    --------
    >>> import loyalty, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "scaler.json"
    >>> loyalty.StandardScaler().fit([[1.0], [3.0]]).to_json(path)
    >>> loyalty.load(path)
    StandardScaler()
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise LoyaltyError(f"not a usable loyalty model: {error}", "BAD_MODEL") from None
    return loads(text)
