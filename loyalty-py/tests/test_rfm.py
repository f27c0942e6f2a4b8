"""RFM scores: against their definition, on frames and arrays, with the parameters in every form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import loyalty

SCORES = ["r", "f", "m", "rfm_score", "rfm", "segment"]


@pytest.fixture(scope="module")
def rows(cdnow: dict[str, np.ndarray]) -> pd.DataFrame:
    return loyalty.summarize(pd.DataFrame(cdnow), as_of="1998-06-30").set_index("customer")


def expected(values: pd.Series, cuts: np.ndarray, *, reverse: bool = False) -> list[int]:
    below = np.searchsorted(cuts, values, side="left")
    return (len(cuts) + 1 - below if reverse else 1 + below).tolist()


@pytest.mark.parametrize("n_bins", [2, 3, 5, 10])
def test_scores_count_cut_points_below(rows: pd.DataFrame, n_bins: int) -> None:
    rfm = loyalty.RFM(n_bins).fit(rows)
    quantiles = np.arange(1, n_bins) / n_bins
    columns = ("recency_days", "n_purchases", "total_amount")
    for cuts, name in zip(rfm.cut_points_, columns, strict=True):
        np.testing.assert_allclose(cuts, np.quantile(rows[name], quantiles), rtol=1e-14)
    scores = rfm.transform(rows)
    assert scores["r"].tolist() == expected(rows["recency_days"], rfm.cut_points_.recency_days, reverse=True)
    assert scores["f"].tolist() == expected(rows["n_purchases"], rfm.cut_points_.frequency)
    assert scores["m"].tolist() == expected(rows["total_amount"], rfm.cut_points_.monetary)
    assert scores["rfm"].tolist() == [
        f"{r}{f}{m}" for r, f, m in zip(scores["r"], scores["f"], scores["m"], strict=True)
    ]
    np.testing.assert_allclose(scores["rfm_score"], scores[["r", "f", "m"]].mean(axis=1))
    assert rfm.bins_in_use_ == tuple(scores[name].nunique() for name in "rfm")
    assert scores["segment"].isin(rfm.segment_names_).all()


def test_segments_of_the_grid(rows: pd.DataFrame) -> None:
    scores = loyalty.RFM().fit(rows).transform(rows)
    grid = [
        ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
        ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
        ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
        ["Promising", "Potential Loyalist", "Potential Loyalist", "Loyal", "Loyal"],
        ["New", "Potential Loyalist", "Potential Loyalist", "Champion", "Champion"],
    ]
    assert scores["segment"].tolist() == [grid[r - 1][f - 1] for r, f in zip(scores["r"], scores["f"], strict=True)]
    own = [["low"] * 5] * 3 + [["high"] * 5] * 2
    segments = loyalty.RFM(segments=own).fit(rows).transform(rows)["segment"]
    assert segments.tolist() == ["high" if r >= 4 else "low" for r in scores["r"]]


def test_the_index_of_the_rows_is_kept(rows: pd.DataFrame) -> None:
    rfm = loyalty.RFM().fit(rows)
    some = rows.sample(frac=0.3, random_state=1)
    scores = rfm.transform(some)
    assert scores.columns.tolist() == SCORES
    assert scores.index.equals(some.index)
    assert scores.index.name == "customer"
    pd.testing.assert_frame_equal(scores, rfm.transform(rows).loc[some.index])
    assert some.join(scores).notna().all(axis=None)


def test_arrays_have_three_columns(rows: pd.DataFrame) -> None:
    X = rows[["recency_days", "n_purchases", "total_amount"]].to_numpy(np.float64)
    rfm, of_frame = loyalty.RFM().fit(X), loyalty.RFM().fit(rows)
    assert rfm.transform(X).tolist() == of_frame.transform(rows)[SCORES[:4]].to_numpy(np.float64).tolist()
    assert rfm.get_feature_names_out().tolist() == SCORES[:4]
    assert of_frame.get_feature_names_out().tolist() == SCORES
    assert not hasattr(rfm, "feature_names_in_")
    with pytest.raises(loyalty.LoyaltyError, match="^X has 2 column.s.; it must have three"):
        loyalty.RFM().fit(X[:, :2])


def test_other_names_of_columns(rows: pd.DataFrame) -> None:
    named = rows.rename(columns={"recency_days": "days", "n_purchases": "orders", "total_amount": "spent"})
    rfm = loyalty.RFM(recency="days", frequency="orders", monetary="spent").fit(named)
    pd.testing.assert_frame_equal(rfm.transform(named), loyalty.RFM().fit(rows).transform(rows))
    assert rfm.feature_names_in_.tolist() == ["days", "orders", "spent"]
    with pytest.raises(
        loyalty.LoyaltyError, match="^recency is 'days', which is no column of the data; .* 'recency_days'"
    ):
        rfm.transform(rows)


def test_given_cut_points(rows: pd.DataFrame) -> None:
    learnt = loyalty.RFM().fit(rows)
    for cuts in (learnt.cut_points_, learnt.cut_points_._asdict()):
        given = loyalty.RFM(cut_points=cuts).fit(rows.head(10))
        pd.testing.assert_frame_equal(given.transform(rows), learnt.transform(rows))
    with pytest.raises(loyalty.LoyaltyError, match="cut_points"):
        loyalty.RFM(3, cut_points=learnt.cut_points_).fit(rows)


def test_weights(rows: pd.DataFrame) -> None:
    for weights in ({"recency": 3, "frequency": 1, "monetary": 0}, [3, 1, 0], np.array([3.0, 1.0, 0.0])):
        scores = loyalty.RFM(weights=weights).fit(rows).transform(rows)
        np.testing.assert_allclose(scores["rfm_score"], (3 * scores["r"] + 1.0 * scores["f"]) / 4)
    with pytest.raises(loyalty.LoyaltyError, match="^weights has 2 numbers; it must have three"):
        loyalty.RFM(weights=[1, 2]).fit(rows)
    with pytest.raises(loyalty.LoyaltyError, match="weights") as error:
        loyalty.RFM(weights=[0, 0, 0]).fit(rows)
    assert error.value.code == "INVALID_PARAMETER"


def test_nested_bins(rows: pd.DataFrame) -> None:
    rfm = loyalty.RFM(4, nested=True).fit(rows)
    assert [cells.shape for cells in rfm.nested_cut_points_] == [(4, 3), (16, 3)]
    scores = rfm.transform(rows)
    for r in range(1, 5):
        within = rows.loc[scores["r"] == r, "n_purchases"]
        assert scores.loc[within.index, "f"].tolist() == expected(within, rfm.nested_cut_points_[0][r - 1])
    assert loyalty.RFM().fit(rows).nested_cut_points_ is None


@pytest.mark.parametrize(
    ("params", "argument"),
    [
        ({"n_bins": 1}, "n_bins"),
        ({"n_bins": 11}, "n_bins"),
        ({"n_bins": 2.5}, "n_bins"),
        ({"segments": [["a"]]}, "segments"),
    ],
)
def test_parameters_out_of_range(rows: pd.DataFrame, params: dict[str, Any], argument: str) -> None:
    with pytest.raises(loyalty.LoyaltyError) as error:
        loyalty.RFM(**params).fit(rows)
    assert (error.value.argument or "").startswith(argument)


def test_values_that_are_not_finite(rows: pd.DataFrame) -> None:
    bad = rows.reset_index()
    bad.loc[7, "total_amount"] = np.nan
    rfm = loyalty.RFM().fit(rows)
    for call in (rfm.transform, loyalty.RFM().fit):
        for frame in (bad, pl.from_pandas(bad)):
            with pytest.raises(
                loyalty.LoyaltyError, match=r"^monetary \(column 'total_amount'\) in row 7 is NaN"
            ) as error:
                call(frame)
            assert (error.value.argument, error.value.row, error.value.code) == ("monetary", 7, "NON_FINITE")


def test_a_single_customer() -> None:
    row = {"recency_days": [3.0], "n_purchases": [1], "total_amount": [10.0]}
    rfm = loyalty.RFM().fit(row)
    assert rfm.bins_in_use_ == (1, 1, 1)
    assert rfm.transform(row)["rfm"].tolist() == ["511"]


def test_set_output(rows: pd.DataFrame) -> None:
    pytest.importorskip("sklearn")
    rfm = loyalty.RFM().set_output(transform="pandas").fit(rows)
    assert rfm.transform(rows).index.equals(rows.index)
    assert rfm.transform(rows).columns.tolist() == SCORES
    X = rows[["recency_days", "n_purchases", "total_amount"]].to_numpy(np.float64)
    assert loyalty.RFM().set_output(transform="polars").fit(X).transform(X).columns == SCORES[:4]
