"""The town as files, in the form in which a retailer hands them in."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from sbyt.cli.demo_town.town import Town


def write(town: Town, folder: Path) -> None:
    """Write the tables, and what people write as ``messages.jsonl``, into a folder that is there."""
    for name, rows in town.tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else [])
            writer.writeheader()
            writer.writerows(rows)
    with (folder / "messages.jsonl").open("w", encoding="utf-8") as file:
        for one in town.letters:
            said = {
                "id": one.id,
                "at": one.at.isoformat(),
                "channel": one.channel,
                "from": one.sender,
                "text": one.text,
            }
            file.write(json.dumps(said, ensure_ascii=False) + "\n")
