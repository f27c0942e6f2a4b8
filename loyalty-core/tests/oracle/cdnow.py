"""Makes examples/data/cdnow_sample.csv from the raw CDNOW sample inside the lifetimes package."""

import csv
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

RAW = Path(find_spec("lifetimes").origin).parent / "datasets" / "CDNOW_sample.txt"
CSV = Path(__file__).resolve().parents[2] / "examples" / "data" / "cdnow_sample.csv"


def orders():
    """(customer_id in the master log, date, quantity, amount) of each order, in the raw file's order."""
    for line in RAW.read_text(encoding="ascii").splitlines():
        customer, _sample_index, date, quantity, amount = line.split()
        yield customer, datetime.strptime(date, "%Y%m%d").date().isoformat(), quantity, amount


if __name__ == "__main__":
    CSV.parent.mkdir(exist_ok=True)
    with CSV.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["customer_id", "date", "quantity", "amount"])
        writer.writerows(orders())
