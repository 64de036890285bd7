"""The made-up town: the same each time, of any size, all of it taken by the real door, and with what it promises."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbyt.accounts.models import Account, Meter
from sbyt.billing.models import Bill, Charge, Hold, Unbilled
from sbyt.cli.demo_site_words import SHOWS
from sbyt.cli.demo_town import Town, build, write
from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.core.settings import Settings, Window
from sbyt.readings.models import Reading, StaffTask
from sbyt.usecases.import_files import import_files
from sbyt.usecases.receive_message import Incoming, receive_messages
from sbyt.usecases.run_billing import run_billing
from tests.support.databases import FreshDatabase

NOW = dt.datetime(2026, 11, 26, 9, 30)
LATER = dt.datetime(2026, 11, 26, 7, 0, tzinfo=dt.UTC)
SETTINGS = Settings(channels=DEFAULT_CHANNELS, window=Window(first_day=20, last_day=29))
#: As they were while the two years went by.
BEFORE = Settings(channels=DEFAULT_CHANNELS, window=Window(first_day=18, last_day=25))
ACCOUNTS = 300


@pytest.fixture(scope="module")
def town() -> Town:
    return build(ACCOUNTS, NOW)


def test_it_is_the_same_each_time(town: Town) -> None:
    assert build(ACCOUNTS, NOW) == town


def test_a_smaller_one_is_its_beginning(town: Town) -> None:
    small = build(50, NOW)
    assert small.tables["accounts"] == town.tables["accounts"][:50]
    assert small.tables["readings"] == town.tables["readings"][: len(small.tables["readings"])]
    assert small.guests == town.guests


@pytest.mark.parametrize(
    "now", [dt.datetime(2026, 1, 1, 0, 10), dt.datetime(2028, 2, 29, 12, 0), dt.datetime(2027, 3, 31, 23, 59)]
)
def test_it_can_be_made_at_any_time(now: dt.datetime) -> None:
    made = build(60, now)
    assert max(row["received_at"] for row in made.tables["readings"]) < now.isoformat()
    assert all(now.replace(day=1, hour=0, minute=0) <= letter.at <= now for letter in made.letters)


def test_nobody_in_it_can_be_called_or_written_to(town: Town) -> None:
    for row in town.tables["accounts"]:
        assert re.fullmatch(r"(\+7912000\d{4})?", row["phone"])
        assert row["email"] == "" or row["email"].endswith("@example.org")


def test_it_has_two_years_with_all_that_happens_to_meters(town: Town) -> None:
    readings = town.tables["readings"]
    assert min(row["received_at"] for row in readings).startswith("2024-11")
    assert max(row["received_at"] for row in readings).startswith("2026-10")
    kinds = Counter(row["kind"] for row in readings)
    assert all(kinds[kind] for kind in ("customer", "control", "installed", "removed"))
    assert sum(row["rollover"] == "yes" for row in readings) >= 1
    assert {row["zones"] for row in town.tables["meters"]} == {"1", "2", "3"}
    assert {row["resource"] for row in town.tables["meters"]} >= {"electricity", "cold_water", "hot_water", "gas"}
    handed_in = {(row["account"], row["received_at"][:7]) for row in readings if row["kind"] == "customer"}
    assert 0.6 < len(handed_in) / (24 * ACCOUNTS) < 0.98  # some months are missing


# by the real door ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _lived(town: Town, fresh_database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The town as ``sbyt demo`` makes it."""
    folder = tmp_path_factory.mktemp("town")

    def live() -> None:
        write(town, folder)
        reports = list(import_files([str(folder)], BEFORE, at=LATER))
        assert {report.kind for report in reports} >= town.tables.keys()
        assert not [(report.name, report.bad) for report in reports if report.bad_count]
        for period in town.billed:
            run_billing(period, BEFORE, now=LATER)
        incoming = [
            Incoming(one.channel, one.sender, one.text, one.id, one.at.replace(tzinfo=SETTINGS.zone))
            for one in town.letters
        ]
        receive_messages(incoming, SETTINGS, LATER)

    with fresh_database(live):
        yield


@pytest.mark.usefixtures("_lived")
def test_every_account_is_billed(town: Town) -> None:
    assert Account.objects.count() == ACCOUNTS
    assert Bill.objects.count() == ACCOUNTS * len(town.billed)
    assert not Unbilled.objects.exists()


@pytest.mark.usefixtures("_lived")
def test_some_bills_of_the_last_month_are_held(town: Town) -> None:
    held = Hold.objects.filter(period=town.billed[-1], reason="charged")
    assert 1 <= held.count() <= ACCOUNTS // 50


@pytest.mark.usefixtures("_lived")
def test_the_guests_show_what_is_said_of_them(town: Town) -> None:
    by_shows = {guest.shows: guest.account for guest in town.guests}
    assert by_shows.keys() == SHOWS.keys()
    last = town.billed[-1]

    def charges(shows: str) -> set[tuple[str, str]]:
        rows = Charge.objects.filter(account__number=by_shows[shows], period=last)
        return set(rows.values_list("kind", "basis"))

    assert ("recalculation", "actual") in charges("recalculated")
    assert Bill.objects.get(account__number=by_shows["recalculated"], period=last).recalculated > 10_000
    assert ("charge", "average") in charges("on_average")
    assert charges("regular") == {("charge", "actual")}
    assert Bill.objects.get(account__number=by_shows["in_debt"], period=last).closing > 500_000
    assert Meter.objects.filter(account__number=by_shows["swapped"]).count() == 2
    assert Reading.objects.filter(register__meter__account__number=by_shows["rolled_over"], rollover=True).exists()
    assert Meter.objects.filter(account__number=by_shows["several_meters"]).count() == 3
    phones = [guest.phone for guest in town.guests if guest.shows == "two_accounts"]
    assert len(phones) == 2
    assert phones[0] == phones[1]


@pytest.mark.usefixtures("_lived")
def test_what_a_guest_is_told_to_hand_in_is_taken(town: Town) -> None:
    for guest in town.guests:
        text = f"{guest.account} {guest.example}"
        (received,) = receive_messages(
            [Incoming("webform", "visitor", text, f"guest {guest.account}", LATER)], SETTINGS, LATER
        )
        assert received.result is not None
        assert received.result["outcome"] == "accepted", received.result["reply"]


@pytest.mark.usefixtures("_lived")
def test_some_of_what_was_written_waits_for_people(town: Town) -> None:
    assert Reading.objects.filter(message__isnull=False).count() > len(town.letters) / 2
    assert set(StaffTask.objects.values_list("reason", flat=True)) == {
        "impossible",
        "lower",
        "unknown",
        "operator",
        "new_meter",
    }


def test_the_files_are_written_whole(town: Town, tmp_path: Path) -> None:
    write(town, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"{name}.csv" for name in town.tables),
        "messages.jsonl",
    }
    assert len((tmp_path / "readings.csv").read_text().splitlines()) == len(town.tables["readings"]) + 1
