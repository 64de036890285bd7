"""``sbyt notices``, as it is called; what it does when all goes well stands in docs/notices.md, which is run."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner

from sbyt.cli.main import app
from sbyt.messaging.models import InboundMessage, OutboundMessage
from sbyt.notices.models import Campaign
from tests.notices.notice_world import stand_ins, town
from tests.support.databases import FreshDatabase
from tests.support.serving import right_now

FAR = (right_now() + dt.timedelta(days=40)).date().isoformat()


@pytest.fixture(autouse=True)
def _town(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "CONNECTED_CHANNELS", lambda: stand_ins("sms", "email"))
    with fresh_database(town):
        at = right_now()
        for sender in ("+79120000101", "a-name"):
            InboundMessage.objects.create(
                channel="whatsapp", provider_id=sender, sender=sender, text="", received_at=at, stored_at=at
            )
        yield


def sbyt(*words: str) -> tuple[int, str]:
    """Exit status, and all that was said."""
    done = CliRunner().invoke(app, ["notices", *words], catch_exceptions=False)
    return done.exit_code, done.output


def prepared(*words: str) -> str:
    status, said = sbyt("prepare", "--withdrawn", "whatsapp", "--until", FAR, "--by", "Анна", *words)
    assert status == 0
    return said


def test_what_was_prepared_is_shown_with_numbers_cost_and_preview() -> None:
    said = prepared("--per-hour", "500")
    assert "Всего людей: 2. " in said
    assert "не больше 500 в час" in said
    assert "ждут: 1 (E-mail 1)" in said
    assert "не достать: 1" in said
    assert "По-английски: «WhatsApp takes no readings any more" in said
    assert sbyt("show", "1")[1] == said
    assert OutboundMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("prepare", "--withdrawn", "sms"), "не закрыт"),
        (("prepare", "--text-ru", "Ждём"), "назовите, кому"),
        (("prepare", "--text-ru", "Ждём", "--to-all", "--who", "x"), "назовите, кому"),
        (("prepare", "--text-ru", "Ждём", "--who", "nowhere.txt"), "не прочитать"),
        (("prepare", "--to-all"), "Напишите, что сказать"),
        (("prepare", "--withdrawn", "whatsapp", "--until", "завтра"), "не день"),
        (("prepare", "--withdrawn", "whatsapp", "--evenly-until", "вечером"), "не время"),
        (("show", "7"), "Уведомления 7 нет"),
        (("unreached", "7"), "Уведомления 7 нет"),
        (("approve", "7"), "Уведомления 7 нет"),
        (("try", "7", "--to", "сюда"), "нужны канал и адрес"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_line(words: tuple[str, ...], said: str) -> None:
    status, answered = sbyt(*words)
    assert status == 2
    assert said in " ".join(answered.replace("│", " ").split())
    assert not Campaign.objects.exists()


def test_where_there_is_none_it_is_said_how_to_prepare_one() -> None:
    assert sbyt("list") == (0, "Уведомлений нет. Подготовить: sbyt notices prepare --withdrawn КАНАЛ\n")


def test_a_second_person_approves_and_what_was_done_is_kept() -> None:
    prepared()
    assert sbyt("approve", "1", "--by", " АННА ")[0] == 2
    assert sbyt("approve", "1", "--by", "Борис")[0] == 0
    for what in ("pause", "resume", "stop"):
        assert sbyt(what, "1", "--by", "Вера")[0] == 0
    said = sbyt("show", "1")[1]
    for step in ("подготовлено: Анна", "одобрено: Борис", "приостановлено: Вера", "остановлено: Вера"):
        assert step in said
    assert "остановлено: 1" in said


def test_it_is_tried_on_oneself_in_either_language() -> None:
    prepared()
    assert "WhatsApp takes no readings" in sbyt("try", "1", "--to", "sms:+79990000000", "--english")[1]
    assert OutboundMessage.objects.get().recipient == "+79990000000"


def test_who_was_not_told_is_written_to_a_file(tmp_path: Path) -> None:
    prepared()
    file = tmp_path / "not told.csv"
    assert sbyt("unreached", "1", "--out", str(file)) == (0, f"Записано строк: 1, файл {file}\n")
    rows = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())
    assert [(row["used"], row["reason"]) for row in rows] == [("whatsapp:a-name", "неизвестно, кто это")]
