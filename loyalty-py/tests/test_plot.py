"""Pictures, read back from the artists in their Axes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal

from loyalty import LoyaltyError, metrics, plot
from loyalty.plot import _numbers


class Candidates(NamedTuple):
    k: Any
    inertia: Any
    silhouette: Any


class Chosen:
    """As a fitted ChooseK."""

    def __init__(self, k: Any, inertia: Any, silhouette: Any) -> None:
        self.candidates_ = Candidates(np.array(k), np.array(inertia), np.array(silhouette))


class Clusters:
    """As a KMeans, fitted on a frame."""

    cluster_centers_: Any = np.array([[10.0, 5.0], [300.0, 1.0]])
    feature_names_in_ = np.array(["recency_days", "n_purchases"], dtype=object)

    def fit(self) -> None: ...


SCORES: dict[str, Any] = {
    "r": np.array([5, 5, 5, 1, 3, 1]),
    "f": np.array([4, 4, 1, 1, 5, 1]),
    "segment": np.array(["Loyal", "Loyal", "New", "Hibernating", "Loyal", "Hibernating"], dtype=object),
    "total_amount": np.array([100.0, 300.0, 50.0, 20.0, 500.0, 30.0]),
    "tier": np.array(["high", "high", "medium", "low", "high", "low"], dtype=object),
    "risk": np.array(["low", "low", "low", "high", "medium", "high"], dtype=object),
}
TRUTH = np.array([False, True, False, True, True, False, True, True])
PROBABILITY = np.array([0.1, 0.3, 0.2, 0.8, 0.9, 0.6, 0.4, 0.7])
POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [9.0, 9.0], [9.0, 8.0], [30.0, 0.0]])
LABELS = np.array([0, 0, 0, 1, 1, 2])
CHOSEN = Chosen([2, 3, 4], [900.0, 400.0, 350.0], [0.4, 0.6, 0.5])
VALUES = np.array([500.0, 200.0, 100.0, 100.0, 100.0])

PLOTS: dict[str, Callable[..., Axes]] = {
    "rfm_heatmap": lambda **k: plot.rfm_heatmap(SCORES, **k),
    "segment_sizes": lambda **k: plot.segment_sizes(SCORES, **k),
    "segment_revenue": lambda **k: plot.segment_revenue(SCORES, **k),
    "tier_risk": lambda **k: plot.tier_risk(SCORES, **k),
    "cluster_profiles": lambda **k: plot.cluster_profiles(Clusters(), **k),
    "silhouettes": lambda **k: plot.silhouettes(POINTS, LABELS, **k),
    "choice_of_k": lambda **k: plot.choice_of_k(CHOSEN, **k),
    "calibration": lambda **k: plot.calibration(TRUTH, PROBABILITY, **k),
    "roc": lambda **k: plot.roc(TRUTH, PROBABILITY, **k),
    "cumulative_gains": lambda **k: plot.cumulative_gains(TRUTH, PROBABILITY, **k),
    "clv_distribution": lambda **k: plot.clv_distribution(VALUES, **k),
    "clv_concentration": lambda **k: plot.clv_concentration(VALUES, **k),
}
each_plot = pytest.mark.parametrize("draw", PLOTS.values(), ids=PLOTS)


@pytest.fixture(autouse=True)
def _no_figures_left() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_visible()]


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def line(ax: Axes, label: str) -> tuple[Any, Any]:
    (found,) = [line for line in ax.get_lines() if str(line.get_label()).startswith(label)]
    return found.get_data()


def patches(ax: Axes) -> Any:
    return ax.patches


def cells(ax: Axes) -> Any:
    (mesh,) = ax.collections
    return mesh.get_array()


def names(labels: Any) -> list[str]:
    return [label.get_text() for label in labels]


def overlapping(labels: Any) -> list[tuple[str, str]]:
    """Neighbours whose boxes touch; turned ones by the distance of their lines."""
    shown = [label for label in labels if label.get_text()]
    found = []
    for first, second in zip(shown, shown[1:], strict=False):
        a, b = first.get_window_extent(), second.get_window_extent()
        if first.get_rotation():
            height = first.get_fontsize() * first.get_figure().dpi / 72
            apart = abs(b.x1 - a.x1) * np.sin(np.deg2rad(first.get_rotation())) > height
        else:
            apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 + 0.5 or b.y1 <= a.y0 + 0.5
        if not apart:
            found.append((first.get_text(), second.get_text()))
    return found


# --- Every function ------------------------------------------------------------------------------


def test_every_function_is_tested_here() -> None:
    assert sorted(PLOTS) == sorted(plot.__all__)


@each_plot
def test_draws_into_the_axes_given_and_makes_no_figure(draw: Callable[..., Axes]) -> None:
    figure, (untouched, ax) = plt.subplots(1, 2, layout="constrained")
    before = plt.get_fignums()
    assert draw(ax=ax) is ax
    assert plt.get_fignums() == before
    assert ax.get_title() and ax.has_data()
    assert not untouched.has_data() and not untouched.get_title()
    figure.canvas.draw()


@each_plot
def test_makes_one_figure_without_axes_and_keeps_the_settings(draw: Callable[..., Axes]) -> None:
    settings = dict(matplotlib.rcParams)
    ax = draw()
    assert isinstance(ax, Axes)
    assert len(plt.get_fignums()) == 1
    assert dict(matplotlib.rcParams) == settings
    assert ax.get_xlabel() or names(ax.get_xticklabels())
    assert ax.get_title()
    ax.figure.canvas.draw()


@each_plot
def test_draws_into_a_subfigure_and_into_a_figure_without_pyplot(draw: Callable[..., Axes]) -> None:
    figure = Figure(layout="constrained")
    parts: Any = figure.subfigures(1, 2)
    draw(ax=parts[1].subplots())
    figure.canvas.draw()
    assert not plt.get_fignums()


@each_plot
def test_text_has_the_colour_of_the_style(draw: Callable[..., Axes]) -> None:
    with plt.style.context("dark_background"):
        ax = draw()
    ink = matplotlib.colors.to_rgb("white")
    assert matplotlib.colors.to_rgb(ax.title.get_color()) == ink
    for drawn in ax.get_lines():
        assert matplotlib.colors.to_rgb(drawn.get_color()) != (0.0, 0.0, 0.0)
    if (found := ax.get_legend()) is not None:
        assert all(matplotlib.colors.to_rgb(text.get_color()) == ink for text in found.get_texts())


@each_plot
def test_what_is_no_axes_is_refused(draw: Callable[..., Axes]) -> None:
    with pytest.raises(TypeError, match="ax is of type ndarray; it must be a matplotlib Axes"):
        draw(ax=np.array([1, 2]))


@each_plot
def test_without_matplotlib_the_error_says_what_to_install(
    draw: Callable[..., Axes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install loyalty-py\[plot\]"):
        draw()


def test_matplotlib_is_imported_late_and_pyplot_only_for_a_new_figure() -> None:
    code = """if True:
        import sys
        from loyalty import plot
        assert "matplotlib" not in sys.modules
        from matplotlib.figure import Figure
        plot.rfm_heatmap({"r": [1, 2], "f": [2, 2]}, ax=Figure().subplots())
        plot.clv_distribution([1.0, 2.0, 500.0], ax=Figure().subplots())
        assert "matplotlib.pyplot" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_frames_of_every_library_give_the_same_picture(library: str) -> None:
    frames = pytest.importorskip(library)
    scores = frames.table(SCORES) if library == "pyarrow" else frames.DataFrame(SCORES)
    assert_array_equal(cells(plot.rfm_heatmap(scores)), cells(plot.rfm_heatmap(SCORES)))
    for function in (plot.segment_sizes, plot.segment_revenue, plot.tier_risk):
        assert texts(function(scores)) == texts(function(SCORES))


def test_columns_of_values_may_be_series() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for series in (pandas.Series, polars.Series):
        assert texts(plot.clv_concentration(series(VALUES))) == ["Top 20 % hold 50 %"]
        assert_allclose(line(plot.cumulative_gains(series(TRUTH), series(PROBABILITY)), "Perfect")[0][1], 5 / 8)


# --- Customers -----------------------------------------------------------------------------------


def test_rfm_heatmap_counts_customers_best_on_top_and_leaves_empty_cells_blank() -> None:
    ax = plot.rfm_heatmap(SCORES)
    expected = np.zeros((5, 5))
    for r, f in zip(SCORES["r"], SCORES["f"], strict=True):
        expected[r - 1, f - 1] += 1
    found = cells(ax)
    assert_array_equal(found.filled(0), expected)
    assert_array_equal(found.mask, expected == 0)
    assert ax.get_ylim() == (-0.5, 4.5)
    assert names(ax.get_yticklabels()) == names(ax.get_xticklabels()) == ["1", "2", "3", "4", "5"]
    written = {(int(t.get_position()[1]) + 1, int(t.get_position()[0]) + 1): t.get_text() for t in ax.texts}
    assert written == {(1, 1): "2", (5, 1): "1", (5, 4): "2", (3, 5): "1"}
    bar = ax.figure.axes[-1]
    assert bar.get_ylabel() == "Customers"
    assert bar.get_ylim() == (0, 2)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Frequency score", "Recency score")


@pytest.mark.parametrize(("aggregate", "value"), [("mean", 200.0), ("sum", 400.0)])
def test_rfm_heatmap_of_a_column(aggregate: Any, value: float) -> None:
    ax = plot.rfm_heatmap(SCORES, values="total_amount", aggregate=aggregate)
    assert cells(ax)[4, 3] == value
    assert f"{value:.0f}" in texts(ax)
    assert "total amount" in ax.get_title()
    assert "total amount" in ax.figure.axes[-1].get_ylabel()


def test_rfm_heatmap_colours_are_centred_where_signs_differ() -> None:
    scores = {"r": [1, 2], "f": [1, 2], "clv": [-50.0, 200.0]}
    (mesh,) = plot.rfm_heatmap(scores, values="clv", aggregate="mean").collections
    assert mesh.get_clim() == (-200.0, 200.0)


def test_rfm_heatmap_writes_light_on_dark_and_dark_on_light() -> None:
    scores = {"r": [1] * 50 + [2], "f": [1] * 50 + [2]}
    dark, light = plot.rfm_heatmap(scores).texts
    assert (dark.get_text(), dark.get_color()) == ("50", "white")
    assert (light.get_text(), light.get_color()) == ("1", "#111111")


def test_rfm_heatmap_texts_fit_their_cells_or_are_left_out() -> None:
    rng = np.random.default_rng(0)
    scores = {"r": rng.integers(1, 11, 999), "f": rng.integers(1, 11, 999), "v": rng.uniform(1e11, 1e13, 999)}
    ax = plot.rfm_heatmap(scores, values="v", aggregate="sum")
    ax.figure.canvas.draw()
    assert texts(ax)
    assert all(text.get_window_extent().width < ax.bbox.width / 10 for text in ax.texts)
    assert all(text.endswith("T") for text in texts(ax))
    small = Figure(figsize=(1.2, 1)).subplots()
    assert not texts(plot.rfm_heatmap(scores, ax=small))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"aggregate": "median"}, "aggregate is 'median'; it must be 'count', 'mean' or 'sum'"),
        ({"aggregate": "mean"}, "values is None; with aggregate='mean' it must be the name of a column"),
        ({"values": "total_amount"}, "with values='total_amount' it must be 'mean' or 'sum'"),
        ({"r": "recency"}, "'recency'"),
        ({"r": "total_amount"}, r"r \(column 'total_amount'\) is 100 in row 0; .* whole numbers from 1 to 10"),
        ({"r": "segment"}, "r .*must hold one number a row"),
        ({"values": "segment", "aggregate": "sum"}, "values .*must hold one number a row"),
    ],
)
def test_rfm_heatmap_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(LoyaltyError, match=message):
        plot.rfm_heatmap(SCORES, **arguments)
    assert not plt.get_fignums()


def test_segment_sizes_are_bars_with_counts_and_shares_largest_on_top() -> None:
    ax = plot.segment_sizes(SCORES)
    (bars,) = ax.containers
    assert [bar.get_width() for bar in bars] == [3, 2, 1]
    assert names(ax.get_yticklabels()) == ["Loyal", "Hibernating", "New"]
    assert texts(ax) == ["3 (50.0 %)", "2 (33.3 %)", "1 (16.7 %)"]
    bottom, top = ax.get_ylim()
    assert bottom > top
    assert ax.get_xlabel() == "Customers"


def test_segment_sizes_of_equal_size_stand_in_order_of_name_and_thousands_are_separated() -> None:
    ax = plot.segment_sizes({"segment": ["b"] * 1500 + ["a"] * 1500})
    assert names(ax.get_yticklabels()) == ["a", "b"]
    assert texts(ax)[0] == "1,500 (50.0 %)"
    assert "1,000" in names(ax.get_xticklabels())


def test_segments_may_be_numbers() -> None:
    assert names(plot.segment_sizes({"cluster": [3, 3, 1]}, segment="cluster").get_yticklabels()) == ["3", "1"]


@pytest.mark.parametrize("function", [plot.segment_sizes, plot.segment_revenue])
def test_ten_long_segment_names_and_their_labels_stay_apart_and_inside(function: Callable[..., Axes]) -> None:
    segments = [f"A rather long name of a segment, number {i}" for i in range(10) for _ in range(10 - i)]
    ax = function({"segment": segments, "total_amount": np.linspace(1, 2, len(segments))})
    ax.figure.canvas.draw()
    assert len(names(ax.get_yticklabels())) == 10
    assert not overlapping(ax.get_yticklabels())
    assert not overlapping(ax.texts)
    paper = ax.figure.bbox
    for label in [*ax.get_yticklabels(), *ax.texts]:
        box = label.get_window_extent()
        assert paper.x0 <= box.x0 and box.x1 <= paper.x1


@pytest.mark.parametrize("given", [False, True])
def test_labels_of_a_hundred_segments_stay_apart(given: bool) -> None:
    scores = {"segment": [f"s{i:02}" for i in range(100) for _ in range(i + 1)]}
    ax = plot.segment_sizes(scores, ax=plt.figure(layout="constrained").subplots() if given else None)
    ax.figure.canvas.draw()
    assert len(patches(ax)) == 100
    assert 10 < len(ax.get_yticklabels()) <= 100
    assert not overlapping(ax.get_yticklabels())


def test_segment_revenue_pairs_the_shares_sorted_by_revenue() -> None:
    ax = plot.segment_revenue(SCORES)
    revenue, customers = ax.containers
    assert names(ax.get_yticklabels()) == ["Loyal", "Hibernating", "New"]
    assert_allclose([bar.get_width() for bar in revenue], [0.9, 0.05, 0.05])
    assert_allclose([bar.get_width() for bar in customers], [3 / 6, 2 / 6, 1 / 6])
    assert legend(ax) == ["Share of total amount", "Share of customers"]
    assert texts(ax) == ["90.0 %", "5.0 %", "5.0 %", "50.0 %", "33.3 %", "16.7 %"]
    assert all(label.endswith(" %") for label in names(ax.get_xticklabels()))


def test_segment_revenue_shows_a_loss_to_the_left() -> None:
    ax = plot.segment_revenue({"segment": ["a", "b"], "total_amount": [150.0, -50.0]})
    assert_allclose([bar.get_width() for bar in ax.containers[0]], [1.5, -0.5])
    assert texts(ax)[1] == "−50.0 %"
    assert ax.get_xlim()[0] < -0.5


@pytest.mark.parametrize("amounts", [[0.0, 0.0], [1.0, -2.0]])
def test_segment_revenue_needs_revenue(amounts: list[float]) -> None:
    with pytest.raises(LoyaltyError, match=r"revenue \(column 'total_amount'\) sums to .* must be above 0"):
        plot.segment_revenue({"segment": ["a", "b"], "total_amount": amounts})


def test_tier_risk_counts_with_the_most_loyal_on_top() -> None:
    ax = plot.tier_risk(SCORES)
    assert_array_equal(cells(ax), [[0, 0, 2], [1, 0, 0], [2, 1, 0]])
    assert names(ax.get_yticklabels()) == names(ax.get_xticklabels()) == ["low", "medium", "high"]
    assert ax.get_ylim() == (-0.5, 2.5)
    assert texts(ax)[:4] == ["0", "0", "2\n(33.3 %)", "1\n(16.7 %)"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Churn risk", "Loyalty tier")


def test_tier_risk_with_other_names() -> None:
    scores = {"level": ["gold", "iron"], "danger": ["no", "yes"]}
    ax = plot.tier_risk(scores, tier="level", risk="danger", tiers=["iron", "gold"], risks=["no", "yes"])
    assert_array_equal(cells(ax), [[0, 1], [1, 0]])
    with pytest.raises(LoyaltyError, match=r"tier \(column 'level'\) is 'gold' in row 0; it must be one of tiers"):
        plot.tier_risk(scores, tier="level", risk="danger", risks=["no", "yes"])
    with pytest.raises(LoyaltyError, match="risks is 'no'; it must be one or more different names"):
        plot.tier_risk(scores, tier="level", risk="danger", tiers=["iron", "gold"], risks="no")


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_customer_without_a_segment_is_refused(missing: object) -> None:
    segments = np.array(["a", missing, "b"], dtype=object)
    with pytest.raises(LoyaltyError, match="segment is missing in row 1") as caught:
        plot.segment_sizes({"segment": segments})
    assert (caught.value.argument, caught.value.row) == ("segment", 1)


@pytest.mark.parametrize(
    "function", [plot.rfm_heatmap, plot.segment_sizes, plot.segment_revenue, plot.tier_risk]
)
def test_scores_that_cannot_be_drawn_are_refused(function: Callable[..., Axes]) -> None:
    with pytest.raises(LoyaltyError, match="scores has no row"):
        function({name: values[:0] for name, values in SCORES.items()})
    with pytest.raises(LoyaltyError, match="no column"):
        function({"other": [1]})
    with pytest.raises(TypeError, match="scores is of type list; it must be a pandas"):
        function([1, 2])
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("function", "name"), [(plot.rfm_heatmap, "f"), (plot.segment_revenue, "total_amount"), (plot.tier_risk, "risk")]
)
def test_columns_of_different_lengths_are_refused(function: Callable[..., Axes], name: str) -> None:
    with pytest.raises(LoyaltyError, match="columns of different lengths"):
        function({**SCORES, name: SCORES[name][:-1]})


def test_a_number_that_is_none_is_refused_with_its_row() -> None:
    with pytest.raises(LoyaltyError, match=r"revenue \(column 'total_amount'\) is nan in row 2") as caught:
        plot.segment_revenue({**SCORES, "total_amount": [1.0, 2.0, float("nan"), 3.0, 4.0, 5.0]})
    assert (caught.value.argument, caught.value.row) == ("revenue", 2)


# --- Clusters ------------------------------------------------------------------------------------


def test_cluster_profiles_standardise_between_centres() -> None:
    ax = plot.cluster_profiles(Clusters())
    assert_allclose(cells(ax), [[-1, 1], [1, -1]])
    assert texts(ax) == ["10", "5", "300", "1"]
    assert names(ax.get_xticklabels()) == ["recency days", "n purchases"]
    assert names(ax.get_yticklabels()) == ["0", "1"]
    bottom, top = ax.get_ylim()
    assert bottom > top
    (mesh,) = ax.collections
    assert_allclose(mesh.get_clim(), (-1, 1))


def test_cluster_profiles_standardise_by_the_customers() -> None:
    X: Any = np.array([[0.0, 1.0], [200.0, 3.0], [100.0, 2.0]])
    ax = plot.cluster_profiles(Clusters(), X=X)
    assert_allclose(cells(ax), (Clusters.cluster_centers_ - X.mean(axis=0)) / X.std(axis=0))
    (mesh,) = ax.collections
    assert mesh.get_clim() == (-3, 3)
    assert "customers" in ax.figure.axes[-1].get_ylabel()


def test_cluster_profiles_find_the_columns_of_a_frame_by_name() -> None:
    X: dict[str, Any] = {"customer": ["a", "b"], "n_purchases": [1.0, 3.0], "recency_days": [0.0, 200.0]}
    assert_allclose(cells(plot.cluster_profiles(Clusters(), X=X)), [[-0.9, 3.0], [2.0, -1.0]])
    X = {"b": [1.0, 3.0], "a": [0.0, 200.0]}
    assert names(plot.cluster_profiles(np.eye(2), X=X).get_xticklabels()) == ["b", "a"]


def test_cluster_profiles_of_what_does_not_differ() -> None:
    ax = plot.cluster_profiles([[1e12, -3.5, 0.0]])
    assert_array_equal(cells(ax), [[0, 0, 0]])
    assert texts(ax) == ["1.00T", "−3.50", "0"]
    assert names(ax.get_xticklabels()) == ["feature 0", "feature 1", "feature 2"]


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_cluster_profiles_do_not_overflow(scale: float) -> None:
    assert_allclose(cells(plot.cluster_profiles(np.array([[1.0], [2.0]]) * scale)), [[-1], [1]])


def test_cluster_profiles_of_a_hundred_clusters() -> None:
    centers = np.random.default_rng(0).normal(size=(100, 6))
    feature_names = [f"a long name of feature {i}" for i in range(6)]
    for ax in (None, plt.figure(layout="constrained").subplots()):
        ax = plot.cluster_profiles(centers, feature_names=feature_names, ax=ax)
        ax.figure.canvas.draw()
        assert not overlapping(ax.get_yticklabels())
        assert not overlapping(ax.get_xticklabels())
        assert all(t.get_window_extent().height <= ax.bbox.height / 100 for t in ax.texts if t.get_visible())


@pytest.mark.parametrize(
    ("centers", "arguments", "message"),
    [
        ([[1.0, float("inf")]], {}, "model_or_centers is inf in row 0"),
        ([[1.0, 2.0]], {"feature_names": ["a"]}, "feature_names is .*must be 2 names"),
        ([[1.0, 2.0]], {"X": [[1.0]]}, "X has 1 columns; it must have 2"),
        ([[1.0]], {"X": [[float("nan")]]}, "X is nan in row 0"),
        ([1.0, 2.0], {}, "model_or_centers"),
    ],
)
def test_cluster_profiles_refuse(centers: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(LoyaltyError, match=message):
        plot.cluster_profiles(centers, **arguments)


def test_models_that_are_not_fitted_are_refused() -> None:
    loyalty = pytest.importorskip("loyalty")
    with pytest.raises(LoyaltyError, match="of type KMeans and has no cluster_centers_; it must be fitted"):
        plot.cluster_profiles(loyalty.KMeans(n_clusters=2))
    with pytest.raises(LoyaltyError, match="of type ChooseK and has no candidates_; it must be a fitted"):
        plot.choice_of_k(loyalty.ChooseK(min_clusters=2, max_clusters=4))


def test_fitted_models_are_drawn() -> None:
    loyalty = pytest.importorskip("loyalty")
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), columns=["spend", "visits"])
    model = loyalty.KMeans(n_clusters=3, random_state=7).fit(X)
    assert names(plot.cluster_profiles(model, X=X).get_xticklabels()) == ["spend", "visits"]
    chosen = loyalty.ChooseK(2, 5, kmeans=loyalty.KMeans(random_state=7)).fit(X)
    k, silhouette = line(plot.choice_of_k(chosen), "Mean silhouette")
    assert_array_equal(k, [2, 3, 4, 5])
    assert_array_equal(silhouette, chosen.candidates_.silhouette)


def test_silhouettes_stand_sorted_in_their_clusters() -> None:
    ax = plot.silhouettes(POINTS, LABELS)
    each = np.asarray(metrics.silhouette_samples(POINTS, LABELS))
    assert len(patches(ax)) == 3
    for label, patch in enumerate(patches(ax)):
        values, edges, _ = patch.get_data()
        assert_array_equal(values, np.sort(each[LABELS == label])[::-1])
        assert_array_equal(np.diff(edges), 1)
    first, second = patches(ax)[0].get_data().edges, patches(ax)[1].get_data().edges
    assert first[-1] < second[0]
    assert names(ax.get_yticklabels()) == ["0 (n = 3)", "1 (n = 2)", "2 (n = 1)"]
    assert_allclose(line(ax, "Mean")[0], each.mean())
    assert legend(ax) == [f"Mean {each.mean():.2f}"]


def test_silhouettes_of_many_clusters_keep_their_labels_apart() -> None:
    rng = np.random.default_rng(0)
    ax = plot.silhouettes(rng.normal(size=(400, 2)), np.arange(400) % 100, ax=plt.figure().subplots())
    ax.figure.canvas.draw()
    assert len(patches(ax)) == 100
    assert not overlapping(ax.get_yticklabels())


def test_silhouettes_of_one_cluster_are_refused_before_a_figure_is_made() -> None:
    with pytest.raises(ValueError):
        plot.silhouettes(POINTS, np.zeros(6, dtype=int))
    assert not plt.get_fignums()


def test_choice_of_k_marks_the_chosen_and_has_inertia_on_the_right() -> None:
    ax = plot.choice_of_k(CHOSEN)
    (right,) = [other for other in ax.figure.axes if other is not ax]
    assert_array_equal(line(ax, "Mean silhouette"), ([2, 3, 4], [0.4, 0.6, 0.5]))
    assert_array_equal(line(right, "Inertia"), ([2, 3, 4], [900, 400, 350]))
    assert_array_equal(line(ax, "Chosen"), ([3], [0.6]))
    assert legend(ax) == ["Mean silhouette", "Chosen: k = 3", "Inertia"]
    assert names(ax.get_xticklabels()) == ["2", "3", "4"]
    assert right.get_ylabel().startswith("Inertia")


def test_choice_of_k_takes_the_least_of_equals() -> None:
    ax = plot.choice_of_k(Chosen([4, 3, 2], [1.0, 2.0, 3.0], [0.5, 0.5, 0.1]))
    assert line(ax, "Chosen")[0] == [3]
    assert ax.get_title() == "Choice of 3 clusters"


# --- Predictions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_calibration_draws_rates_the_diagonal_and_all_customers(strategy: Any) -> None:
    ax = plot.calibration(TRUTH, PROBABILITY, n_bins=3, strategy=strategy)
    found = metrics.calibration(TRUTH, PROBABILITY, n_bins=3, strategy=strategy)
    predicted, observed = line(ax, "Predictions")
    assert_array_equal(predicted, found.mean_predicted)
    assert_array_equal(observed, found.observed_rate)
    assert_array_equal(line(ax, "Perfect"), ([0, 1], [0, 1]))
    (strip,) = patches(ax)
    tops, edges, base = strip.get_data()
    heights, _ = np.histogram(PROBABILITY, edges)
    assert heights.sum() == len(PROBABILITY)
    assert_allclose((tops - base) / (tops - base).max(), heights / heights.max())
    assert tops.max() < 0
    assert legend(ax) == [
        "Perfect", f"Predictions (ECE {found.expected_calibration_error:.3f})", "Customers (tallest 1)"
    ]
    assert names(ax.get_yticklabels()) == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]


def test_calibration_of_one_customer() -> None:
    assert_array_equal(line(plot.calibration([1], [0.5]), "Predictions"), ([0.5], [1.0]))


def test_roc_draws_the_curve_its_area_and_chance() -> None:
    ax = plot.roc(TRUTH, PROBABILITY)
    curve = metrics.roc_curve(TRUTH, PROBABILITY)
    assert_array_equal(line(ax, "Predictions"), (curve.fpr, curve.tpr))
    assert_array_equal(line(ax, "Chance"), ([0, 1], [0, 1]))
    assert legend(ax)[0] == f"Predictions (AUC {metrics.roc_auc(TRUTH, PROBABILITY):.3f})"
    assert ax.get_aspect() == 1


def test_cumulative_gains_lie_between_random_and_perfect_order() -> None:
    ax = plot.cumulative_gains(TRUTH.astype(int), PROBABILITY)
    gains = metrics.cumulative_gains(TRUTH, PROBABILITY)
    assert_array_equal(line(ax, "Predictions"), (gains.customers, gains.positives))
    assert_array_equal(line(ax, "Random"), ([0, 1], [0, 1]))
    assert_array_equal(line(ax, "Perfect"), ([0, 5 / 8, 1], [0, 1, 1]))


@pytest.mark.parametrize("function", [plot.calibration, plot.roc, plot.cumulative_gains])
def test_predictions_that_cannot_be_judged_are_refused_before_a_figure_is_made(function: Callable[..., Axes]) -> None:
    for truth, score in (([], []), ([True, False], [0.5]), ([True, False], [0.5, float("nan")])):
        with pytest.raises(ValueError):
            function(truth, score)
    assert not plt.get_fignums()


# --- Lifetime value ------------------------------------------------------------------------------


def counts(ax: Axes) -> Any:
    return np.array([bar.get_height() for bar in patches(ax)])


def test_clv_distribution_with_a_long_right_tail_is_logarithmic() -> None:
    values = np.random.default_rng(0).lognormal(4, 1.5, 2000)
    ax = plot.clv_distribution(values)
    assert ax.get_xscale() == "log"
    assert counts(ax).sum() == 2000
    assert_allclose(line(ax, "Median")[0], np.median(values))
    assert_allclose(line(ax, "Mean")[0], values.mean())
    assert "log scale" in ax.get_xlabel()
    assert "not shown" not in ax.get_xlabel()


def test_clv_distribution_of_bell_shape_is_linear_and_complete() -> None:
    values = np.random.default_rng(0).normal(20, 100, 3000)
    ax = plot.clv_distribution(values)
    assert ax.get_xscale() == "linear"
    assert counts(ax).sum() == 3000
    assert "not shown" not in ax.get_xlabel()
    assert any(label.startswith("−") for label in names(ax.get_xticklabels()))


def test_clv_distribution_says_how_many_are_beyond_a_linear_axis() -> None:
    values = np.r_[np.linspace(-10, 10, 2000), [1e6, 2e6]]
    ax = plot.clv_distribution(values)
    assert ax.get_xscale() == "linear"
    shown = counts(ax).sum()
    end = patches(ax)[-1].get_x() + patches(ax)[-1].get_width()
    assert shown == np.sum(values <= end + 1e-9) < 2002
    assert f"not shown: {2002 - shown:.0f} customers (1.0 %) above" in ax.get_xlabel()
    assert legend(ax)[1].endswith("(beyond the axis)")


@pytest.mark.parametrize("value", [5.0, 0.0, -3.0, 1e12, 1e300, 1e-300])
@pytest.mark.parametrize("n", [1, 40])
def test_clv_distribution_of_equal_values_is_one_bar(value: float, n: int) -> None:
    ax = plot.clv_distribution([value] * n)
    assert_array_equal(counts(ax), [n])
    left, right = ax.get_xlim()
    assert left < value < right
    ax.figure.canvas.draw()


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e12, 1e300])
def test_clv_distribution_of_any_scale(scale: float) -> None:
    values = np.random.default_rng(0).lognormal(0, 1, 500) * scale
    ax = plot.clv_distribution(values)
    assert counts(ax).sum() == 500
    assert all(np.isfinite(ax.get_xlim()))
    ax.figure.canvas.draw()


def test_clv_distribution_of_losses_only() -> None:
    values = -np.random.default_rng(0).lognormal(3, 1, 3000)
    ax = plot.clv_distribution(values)
    assert counts(ax).sum() >= 0.95 * 3000
    assert " below −" in ax.get_xlabel()


def test_clv_concentration_draws_the_share_of_the_best() -> None:
    ax = plot.clv_concentration(VALUES[::-1])
    customers, held = line(ax, "Customers by value")
    assert_allclose(customers, [0, 0.2, 0.4, 0.6, 0.8, 1])
    assert_allclose(held, [0, 0.5, 0.7, 0.8, 0.9, 1])
    assert_array_equal(line(ax, "All of equal value"), ([0, 1], [0, 1]))
    assert texts(ax) == ["Top 20 % hold 50 %"]


def test_clv_concentration_of_equal_values_is_the_diagonal() -> None:
    for n in (1, 7):
        ax = plot.clv_concentration(np.full(n, 1e12))
        customers, held = line(ax, "Customers by value")
        assert_allclose(held, customers)
        assert texts(ax) == ["Top 20 % hold 20 %"]


def test_clv_concentration_rises_above_everything_where_some_lose() -> None:
    ax = plot.clv_concentration([100.0, 50.0, 0.0, -20.0, -30.0])
    held = line(ax, "Customers by value")[1]
    assert_allclose(held, [0, 1, 1.5, 1.5, 1.3, 1])
    assert ax.get_ylim()[1] > 1.5
    assert texts(ax) == ["Top 20 % hold 100 %"]


@pytest.mark.parametrize("values", [[0.0, 0.0], [-1.0, 0.5]])
def test_clv_concentration_needs_a_positive_sum(values: list[float]) -> None:
    with pytest.raises(LoyaltyError, match="values sums to .* must be above 0"):
        plot.clv_concentration(values)


@pytest.mark.parametrize("function", [plot.clv_distribution, plot.clv_concentration])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "values has no row"),
        ([1.0, float("nan")], "values is nan in row 1; it must hold finite numbers only"),
        ([float("inf")], "values is inf in row 0"),
        (["a", "b"], "values must hold one number a row"),
        ([[1.0], [2.0]], "values has shape .*must have one dimension"),
    ],
)
def test_lifetime_values_that_cannot_be_drawn_are_refused(
    function: Callable[..., Axes], values: Any, message: str
) -> None:
    with pytest.raises(LoyaltyError, match=message) as caught:
        function(values)
    assert str(caught.value).startswith("values")
    assert not plt.get_fignums()


# --- Numbers as text -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 250.0, 12345.0], ["1", "250", "12,345"]),
        ([1.19, 10.3], ["1.19", "10.30"]),
        ([0.0115, 0.02, 100.5], ["0.0115", "0.0200", "100.50"]),
        ([1.5e6, -2.25e9, 3.1e12], ["1.50M", "−2.25B", "3.10T"]),
        ([9.997e11, 12.3e6, 123e6], ["1.00T", "12.3M", "123M"]),
        ([1e300], ["1.0e+300"]),
        ([2.5e-8], ["2.5e−08"]),
        ([0.0], ["0"]),
        ([-0.001, 50.5], ["0.0", "50.5"]),
    ],
)
def test_numbers_in_tables(values: list[float], expected: list[str]) -> None:
    write = _numbers.written(np.array(values))
    assert [write(value) for value in values] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1 + 0.2, "0.3"), (1500, "1,500"), (2.5e6, "2.5M"), (-4e12, "−4T"), (1e15, "1e+15"), (0, "0")],
)
def test_numbers_on_axes(value: float, expected: str) -> None:
    assert _numbers.tick(value) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.364, "36.4 %"), (1, "100.0 %"), (0.0001, "<0.1 %"), (0, "0.0 %"), (-0.05, "−5.0 %"), (12.345, "1,234.5 %")],
)
def test_shares(share: float, expected: str) -> None:
    assert _numbers.percent(share) == expected
