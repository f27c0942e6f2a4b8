"""What Jupyter shows: tables of fitted models, progress bars."""

from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import loyalty

X = np.random.RandomState(0).randn(60, 3)
Y = np.arange(60) % 2
LOG = {
    "customer": [c for c in range(60) for _ in range((1, 4, 12)[c % 3])],
    "time": [(c + 30 * order) * 86_400_000_000 for c in range(60) for order in range((1, 4, 12)[c % 3])],
    "amount": [20.0 + c for c in range(60) for _ in range((1, 4, 12)[c % 3])],
}


def fitted() -> list[Any]:
    return [
        loyalty.KMeans(3).fit(X),
        loyalty.ChooseK(2, 4).fit(X),
        loyalty.LogisticChurn().fit(X, Y),
        loyalty.LogisticChurn(C=np.inf).fit(X, Y),
        loyalty.LoyaltyScore().fit(X),
        loyalty.RFM().fit(np.abs(X)),
        loyalty.RFM(nested=True).fit(np.abs(X)),
        loyalty.StandardScaler().fit(X),
        loyalty.MinMaxScaler().fit(X),
        loyalty.Scorecard(horizon_days=90).fit(LOG),
    ]


class Tags(HTMLParser):
    """Collects tags, and fails on those that do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") for name, _ in attrs)
        self.seen.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("model", fitted(), ids=repr)
def test_fitted_models_show_tables_without_scripts(model: Any) -> None:
    html = model._repr_html_()
    tags = Tags()
    tags.feed(html)
    assert not tags.open
    assert "table" in tags.seen
    assert not tags.seen & {"script", "style", "iframe", "img"}
    assert model._repr_mimebundle_()["text/html"] == html


def test_unfitted_models_show_their_parameters() -> None:
    assert "<table" not in loyalty.KMeans(3)._repr_html_()
    assert "KMeans(n_clusters=3)" in loyalty.KMeans(3)._repr_html_()


def test_names_cannot_smuggle_html() -> None:
    name = "<script>alert(1)</script>"
    html = loyalty.KMeans(2).fit({name: [1.0, 2.0, 9.0], "b": [1.0, 0.0, 3.0]})._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_one_customer_shows_its_scores() -> None:
    one = loyalty.Scorecard(horizon_days=90).fit(LOG).score_one(12, 8, 530.5, 400)
    assert one.segment in one._repr_html_()


def test_progress_bars(capsys: pytest.CaptureFixture[str]) -> None:
    big = np.random.RandomState(0).randn(200_000, 4)
    loyalty.KMeans(8, n_init=3, random_state=0, progress=True).fit(big)
    assert "kmeans" in capsys.readouterr().err


def test_a_listener_hears_stages_and_its_exception_stops_the_fit() -> None:
    heard: list[tuple[str, int, int | None]] = []

    def listen(stage: str, done: int, total: int | None) -> None:
        heard.append((stage, done, total))
        raise RuntimeError("enough")

    big = np.random.RandomState(0).randn(200_000, 4)
    with pytest.raises(RuntimeError, match="enough"):
        loyalty.KMeans(8, n_init=3, random_state=0, progress=listen).fit(big)
    assert heard[0][0].startswith("kmeans")
    with pytest.raises(loyalty.LoyaltyTypeError, match="progress is 3"):
        loyalty.KMeans(2, progress=3).fit(X)  # type: ignore[arg-type]
