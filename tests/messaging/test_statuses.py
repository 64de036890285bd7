"""What a channel is on a day: by the file, then by what people changed."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.core.settings import ChannelSettings, ChannelState, Settings, WaySettings
from sbyt.messaging.models import ChannelStatus
from sbyt.messaging.statuses import ALWAYS, SEEDED, Statuses, current_channels
from tests.support.databases import Database

FILE = Settings(
    channels={"viber": ChannelSettings(title="Viber", rendering="buttons")},
    ways={"post": WaySettings(title="Почта России")},
)


def on(day: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{day}")


def row(id_: int, state: str, since: str = "", entered: str = "11-01", by: str = "Иванова") -> ChannelStatus:
    return ChannelStatus(
        id=id_,
        channel="viber",
        state=state,
        since=on(since) if since else ALWAYS,
        title="Viber",
        changed_at=dt.datetime.combine(on(entered), dt.time(9), dt.UTC),
        changed_by=by,
    )


SEED = row(1, "open", by=SEEDED)


@pytest.mark.parametrize(
    ("rows", "states"),
    [
        pytest.param([], {"11-20": "open"}, id="nothing in the table: the file"),
        pytest.param([SEED], {"11-20": "open"}, id="what the file said"),
        pytest.param([SEED, row(2, "withdrawn", by=SEEDED)], {"11-20": "withdrawn"}, id="the file was changed"),
        pytest.param(
            [SEED, row(2, "withdrawn", "12-01", by=SEEDED)],
            {"11-30": "open", "12-01": "withdrawn"},
            id="the file says from when",
        ),
        pytest.param(
            [SEED, row(2, "withdrawn", "12-01", by=SEEDED), row(3, "open", by=SEEDED)],
            {"12-01": "open"},
            id="the file said so once, and no more",
        ),
        pytest.param(
            [SEED, row(2, "unstable", "11-12"), row(3, "open", by=SEEDED)],
            {"11-11": "open", "11-12": "unstable"},
            id="what people entered goes before the file",
        ),
        pytest.param(
            [SEED, row(2, "withdrawn", "12-01"), row(3, "unstable", "11-12", entered="11-12")],
            {"11-30": "unstable", "12-01": "withdrawn"},
            id="what is planned stays planned",
        ),
        pytest.param(
            [SEED, row(2, "withdrawn", "12-01"), row(3, "open", "12-01")],
            {"12-01": "open"},
            id="until it is planned otherwise",
        ),
        pytest.param(
            [SEED, row(2, "unstable", "11-12", entered="11-12"), row(3, "withdrawn", "11-10", entered="11-13")],
            {"11-13": "withdrawn"},
            id="entered late, it holds from then on",
        ),
    ],
)
def test_the_newest_that_has_begun_is_in_force(rows: list[ChannelStatus], states: dict[str, str]) -> None:
    statuses = Statuses(rows, FILE)
    assert {day: statuses.channels(on(day))["viber"].state.value for day in states} == states


@pytest.mark.parametrize(
    ("state", "before"), [("open", "planned"), ("planned", "planned"), ("unstable", "open"), ("withdrawn", "open")]
)
def test_until_the_day_in_the_file_it_is_what_it_was(state: str, before: str) -> None:
    channel = ChannelSettings(title="Viber", state=ChannelState(state), since=on("12-01"), why="Так решили")
    statuses = Statuses([], Settings(channels={"viber": channel}))
    assert statuses.channels(on("11-30"))["viber"].state.value == before
    assert statuses.channels(on("11-30"))["viber"].why is None
    assert statuses.channels(on("12-01"))["viber"] == channel


def test_the_table_says_what_people_read_the_file_how_it_answers() -> None:
    changed = row(2, "open")
    changed.title, changed.address, changed.first_day, changed.last_day = "Вайбер", "@sbyt", 18, 20
    viber = Statuses([SEED, changed], FILE).channels(on("11-20"))["viber"]
    assert (viber.title, viber.address, viber.first_day, viber.last_day) == ("Вайбер", "@sbyt", 18, 20)
    assert viber.rendering == "buttons"


def test_ways_that_are_no_channels_come_after_them() -> None:
    statuses = Statuses([], FILE)
    assert list(statuses.ways(on("11-20"))) == ["viber", "post"]
    assert list(statuses.channels(on("11-20"))) == ["viber"]


def test_what_comes_is_told_in_its_order() -> None:
    rows = [SEED, row(2, "withdrawn", "12-10"), row(3, "unstable", "12-01"), row(4, "planned", "12-10")]
    coming = Statuses(rows, FILE).coming("viber", on("11-20"))
    assert [(one.since, one.state) for one in coming] == [(on("12-01"), "unstable"), (on("12-10"), "planned")]


def test_what_has_begun_does_not_come(database: Database) -> None:
    assert Statuses([SEED, row(2, "unstable", "11-12")], FILE).coming("viber", on("11-12")) == []


def test_a_row_is_kept_as_it_was_entered(database: Database) -> None:
    row(1, "withdrawn", "11-12").save()
    viber = current_channels(FILE, on("11-12"))["viber"]
    assert (viber.state, viber.since) == (ChannelState.WITHDRAWN, on("11-12"))
    assert current_channels(FILE, on("11-11"))["viber"] == FILE.channels["viber"]
