"""The README's example, the example programs and the notebook run, and show what they say."""

import re
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "loyalty-py" / "examples"
SAMPLE = ROOT / "loyalty-core" / "examples" / "data" / "cdnow_sample.csv"


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The Python example prints what stands below it."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## From Python")[1].split("\n## ")[0]
    example, printed = re.findall(r"```(?:python|text)\n(.*?)```", section, flags=re.DOTALL)[:2]
    (tmp_path / "loyalty-core").symlink_to(ROOT / "loyalty-core")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    exec(compile(example, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out == printed
    assert (tmp_path / "scores.png").stat().st_size > 10_000


def test_score_customers(tmp_path: Path) -> None:
    command = [sys.executable, EXAMPLES / "score_customers.py", SAMPLE, tmp_path / "card.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "win back" in done.stdout
    assert "Champion, high loyalty" in done.stdout


def test_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebook runs, without a warning, and its texts are those that are stored in it."""
    monkeypatch.chdir(EXAMPLES)
    stored = nbformat.read(EXAMPLES / "quickstart.ipynb", as_version=4)
    fresh = nbformat.from_dict(stored)
    nbclient.NotebookClient(fresh, timeout=300, kernel_name="python3").execute()
    assert [texts(cell) for cell in fresh.cells] == [texts(cell) for cell in stored.cells]
    assert sum(has_picture(cell) for cell in fresh.cells) == 4


def texts(cell: nbformat.NotebookNode) -> list[str]:
    """What a cell printed or showed as text."""
    outputs = cell.get("outputs", [])
    assert not any(o.get("name") == "stderr" for o in outputs), outputs
    shown = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]
    return [text for text in shown if "<Figure" not in text]


def has_picture(cell: nbformat.NotebookNode) -> bool:
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
