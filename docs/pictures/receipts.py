"""Takes the pictures of bills from a demonstration town of its own, in a folder that is thrown away.

.venv/bin/python docs/pictures/receipts.py
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rich.console import Console

from sbyt.cli.demo_site import Site, prepare
from sbyt.cli.demo_site_words import RUSSIAN

FOLDER = Path(__file__).parent
DOTS_PER_INCH = 72
DAY = dt.datetime(2026, 11, 27, 12)
#: A bill of each kind, by what it must have: lines, tiers of one, corrections, charts, what is owed.
KINDS = {
    "plain": "lines == 1 and not corrections and not said and closing > 0 and opening <= charged",
    "zones": "lines == 3 and zones == 3 and not corrections and closing > 0",
    "recalculated": "corrections and zones == 2 and closing > 0",
    "two": "charts == 2 and not corrections and closing > 0",
    "debt": "opening > 2 * charged and lines == 1 and closing > 0",
    "credit": "closing < 0 and lines",
    "empty": "not amount",
}
WHICH = """
import json, django
django.setup()
from sbyt.billing.models import Bill, Charge
from sbyt.receipts.content import unpacked
from sbyt.receipts.models import Receipt
kinds, found = json.loads(input()), {}
for receipt in Receipt.objects.select_related("account").order_by("id"):
    content = unpacked(receipt.content)
    bill = Bill.objects.get(account=receipt.account_id, period=receipt.period)
    charges = list(Charge.objects.filter(account=receipt.account_id, period=receipt.period, kind="charge"))
    facts = {name: len(content[name]) for name in ("lines", "corrections", "said", "charts")}
    facts |= {name: getattr(bill, name) for name in ("opening", "charged", "closing")}
    facts["zones"] = max((charge.register.meter.zones for charge in charges), default=0)
    facts["amount"] = sum(charge.amount for charge in charges)
    for kind, rule in kinds.items():
        if kind not in found and eval(rule, {}, facts):
            found[kind] = receipt.account.number
print(json.dumps(found))
"""


def main() -> None:
    """Make the town, issue the bills of its last month, take a picture of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "town")
        prepare(site, RUSSIAN, Console(stderr=True), accounts=600, language="ru", now=DAY)
        month = max((site.folder / "receipts").iterdir()).name
        site.run("receipts", month, "--print", "--out", str(site.folder / "all"))
        environ = {**site.environ(), "DJANGO_SETTINGS_MODULE": "sbyt.config.settings"}
        given, words = json.dumps(KINDS), [sys.executable, "-c", WHICH]
        run = subprocess.run(words, env=environ, input=given, capture_output=True, text=True, check=True)
        for kind, number in json.loads(run.stdout).items():
            site.run("receipts", month, "--account", number, "--out", str(site.folder / "receipts"))
            file = site.folder / "receipts" / month / f"{month}-{number}.pdf"
            _picture(file, 1, f"receipt-{kind}")
            if kind == "recalculated":
                _picture(file, 2, "receipt-back")


def _picture(pdf: Path, page: int, name: str) -> None:
    shown = ["pdftoppm", "-r", str(DOTS_PER_INCH), "-f", str(page), "-l", str(page), "-gray", "-png", "-singlefile"]
    subprocess.run([*shown, pdf, FOLDER / name], check=True)
    print(f"{name}.png: {(FOLDER / name).with_suffix('.png').stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
