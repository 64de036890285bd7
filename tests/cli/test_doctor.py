"""What ``sbyt doctor`` finds."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from sbyt.accounts.models import Account, Customer, Meter, Occupancy, Premises, Register
from sbyt.cli.doctor import State, examined
from sbyt.cli.main import app
from sbyt.core.periods import Period
from sbyt.core.settings import Bank, ChannelSettings, ChannelState, Company, Settings
from sbyt.readings.models import Reading
from sbyt.tariffs.models import Norm, Price
from sbyt.usecases.channels import Change, change_channel
from tests.support.databases import Database

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
SOME_CHANNEL = {"sms": ChannelSettings(title="SMS")}
NOVEMBER = Period(2026 * 12 + 10)


def found(subject: str, settings: Settings | None = None, file: Path | None = None) -> tuple[State, str]:
    """What is said of one subject. Each is told of at most once."""
    findings = {one.subject: one for one in examined(settings or Settings(channels=SOME_CHANNEL), file, NOW)}
    return findings[subject].state, findings[subject].said


def a_meter(*, started: bool = True) -> Meter:
    customer, premises = Customer.objects.create(), Premises.objects.create()
    account = Account.objects.create(number="0012", key="12", customer=customer, premises=premises)
    Occupancy.objects.create(account=account, valid_from=0, category="city", residents=1)
    meter = Meter.objects.create(
        account=account, serial="77", resource="gas", zones=1, digits=5, decimals=0, installed_on=dt.date(2026, 1, 1)
    )
    register = Register.objects.create(meter=meter, zone="T1")
    if started:
        Reading.objects.create(
            register=register, period=NOVEMBER, kind="installed", value=0, taken_on=NOW.date(), loaded_at=NOW
        )
    return meter


def test_an_empty_database_is_sound(database: Database) -> None:
    assert {one.state for one in examined(Settings(channels=SOME_CHANNEL), None, NOW)} <= {State.WELL, State.NOTICE}


def test_the_command_ends_well_where_nothing_is_to_mend(database: Database) -> None:
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert result.output.endswith("Можно работать.\n")


def forget_migrations(name: str) -> int:
    """Let an app's tables look as if they had not been made; how many migrations they are."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = %s", [name])
        return int(cursor.rowcount)


def test_the_command_ends_with_a_status_where_something_is(database: Database) -> None:
    forget_migrations("billing")
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "Исправить: 1." in result.output


def test_a_file_that_is_not_there_is_to_be_made(sqlite_database: Database) -> None:
    Path(connection.settings_dict["NAME"]).unlink()
    state, said = found("база")
    assert state is State.MEND
    assert said.endswith("ещё нет; создайте: sbyt migrate")


def test_version_and_place_of_the_database_are_told(database: Database) -> None:
    state, said = found("база")
    assert state is State.WELL
    assert said.startswith("SQLite 3." if database.kind == "sqlite" else "PostgreSQL 1")


def test_migrations_not_applied_are_to_be_applied(database: Database) -> None:
    forgotten = forget_migrations("billing")
    assert found("таблицы") == (State.MEND, f"не применено изменений: {forgotten}; примените: sbyt migrate")
    assert found("данные")[0] is State.UNKNOWN


def test_where_nothing_was_imported_the_next_step_is_named(database: Database) -> None:
    assert found("данные") == (State.NOTICE, "счётчиков ещё нет; загрузите файлы: sbyt import ПАПКА")


def test_a_missing_price_is_named(database: Database) -> None:
    a_meter()
    Price.objects.create(
        resource="gas", category="city", zones=1, zone="T1", valid_from=NOVEMBER.plus(1), above=0, price=1
    )
    assert found("цены") == (State.NOTICE, "нет на этот месяц: gas, city, зон 1; загрузите tariffs.csv")


def test_a_missing_norm_is_named(database: Database) -> None:
    a_meter()
    assert found("нормативы") == (State.NOTICE, "нет на этот месяц: gas, city; загрузите norms.csv")


def test_prices_and_norms_in_force_are_enough(database: Database) -> None:
    a_meter()
    Price.objects.create(resource="gas", category="city", zones=1, zone="T1", valid_from=NOVEMBER, above=0, price=1)
    Norm.objects.create(resource="gas", category="city", valid_from=NOVEMBER, per_resident=1)
    assert (found("цены")[0], found("нормативы")[0]) == (State.WELL, State.WELL)


@pytest.mark.parametrize(
    ("started", "told"),
    [
        (True, (State.WELL, "1, у всех есть начальные показания")),
        (False, (State.NOTICE, "без начальных показаний 1 из 1: 0012 77")),
    ],
)
def test_meters_without_a_start_index_are_named(database: Database, started: bool, told: tuple[State, str]) -> None:
    a_meter(started=started)
    assert found("счётчики") == told


def test_a_clock_that_is_behind_is_noticed(database: Database) -> None:
    Reading.objects.filter(register__meter=a_meter()).update(loaded_at=NOW + dt.timedelta(days=1))
    assert found("часы")[0] is State.NOTICE


def test_channels_are_told_by_state(database: Database) -> None:
    channels = {
        "sms": ChannelSettings(title="SMS"),
        "max": ChannelSettings(title="MAX", state=ChannelState.PLANNED),
        "viber": ChannelSettings(title="Viber", state=ChannelState.WITHDRAWN),
    }
    assert found("каналы", Settings(channels=channels)) == (
        State.WELL,
        "приём с 18 по 25 число; открыты: SMS; скоро: MAX; закрыты: Viber",
    )


def test_channels_are_told_as_they_are_today_and_where_the_file_says_otherwise(database: Database) -> None:
    settings = Settings(channels={"sms": ChannelSettings(title="SMS"), "viber": ChannelSettings(title="Viber")})
    assert "отличия" not in {one.subject for one in examined(settings, None, NOW)}
    change_channel(Change("viber", ChannelState.WITHDRAWN, "Иванова", note="Звоните"), settings, NOW)
    assert found("каналы", settings)[1] == "приём с 18 по 25 число; открыты: SMS; закрыты: Viber"
    state, said = found("отличия", settings)
    assert state is State.NOTICE
    assert said == (
        "каналы меняли командой, sbyt.toml говорит другое: viber.state: open, действует withdrawn; "
        "viber.note: нет, действует Звоните; поправьте его или верните: sbyt channels"
    )


def test_with_every_channel_closed_nobody_can_send(database: Database) -> None:
    channels = {"viber": ChannelSettings(title="Viber", state=ChannelState.WITHDRAWN)}
    assert found("каналы", Settings(channels=channels))[0] is State.MEND


def test_what_customers_are_not_told_of_the_company_is_named(database: Database) -> None:
    assert found("компания", Settings(channels=SOME_CHANNEL, company=Company(site="example.org"))) == (
        State.NOTICE,
        "Энергосбыт; в [company] нет: phones, email, bank",
    )


def test_a_company_told_in_full_is_well(database: Database) -> None:
    bank = Bank(name="Банк", bic="044525225", account="4" * 20, inn="7700000000")
    company = Company(name="Сбыт", site="example.org", email="a@example.org", phones=("88001000000",), bank=bank)
    assert found("компания", Settings(company=company, channels=SOME_CHANNEL)) == (State.WELL, "Сбыт")


@pytest.mark.parametrize(("value", "state"), [("long and random", State.WELL), ("", State.NOTICE)])
def test_the_secret_key_comes_from_the_environment(
    database: Database, monkeypatch: pytest.MonkeyPatch, value: str, state: State
) -> None:
    monkeypatch.setenv("SBYT_SECRET_KEY", value)
    assert found("секреты")[0] is state


def test_local_time_is_shown_so_that_a_wrong_zone_is_seen(database: Database) -> None:
    settings = Settings(channels=SOME_CHANNEL, time_zone="Asia/Yekaterinburg")
    assert found("время", settings) == (State.WELL, "Asia/Yekaterinburg, сейчас 20.11.2026 14:00 (UTC+0500)")


def test_the_file_of_settings_is_named(database: Database) -> None:
    assert found("настройки", file=Path("sbyt.toml")) == (State.WELL, "файл sbyt.toml")


def test_a_channel_that_is_set_up_wrongly_is_to_be_mended(database: Database) -> None:
    environ = {**database.environ, "SBYT_WEBFORM_SECRET": "short"}
    program = Path(sys.executable).with_name("sbyt")
    done = subprocess.run([program, "doctor"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "SBYT_WEBFORM_SECRET" in done.stdout
