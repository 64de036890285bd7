"""The words for a channel's health: one for each state and reason, in both languages."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from sbyt.messaging.certificates import Certificate, Seen
from sbyt.messaging.channel import Finding, FindingCode
from sbyt.messaging.health import HealthState, Measured, Reason, judge
from sbyt.notices.health_words import _ERRORS, _REASONS, CODES, said_health, said_reason

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)

#: All that a judgement can say.
EVERYTHING = [
    Measured(failures=3, trouble="not_authorised", trouble_since=NOON),
    Measured(look_error="not_authorised"),
    *(Measured(failures=3, trouble=error, trouble_since=NOON) for error in _ERRORS["ru"] if error),
    *(Measured(look_error=error) for error in _ERRORS["ru"] if error),
    Measured(ended={"delivered": 10, "uncertain": 10}),
    Measured(ended={"message_refused": 90}),
    Measured(gone=25),
    Measured(overdue_since=NOON - dt.timedelta(hours=1), expected=40.0, last_at=NOON - dt.timedelta(hours=1)),
    *(
        Measured(certificate=Certificate(seen, NOON - dt.timedelta(days=89), NOON + dt.timedelta(days=1)))
        for seen in Seen
    ),
    *(Measured(findings=(Finding(code, "502 Bad Gateway"),)) for code in FindingCode),
    *(Measured(findings=(Finding(code),)) for code in FindingCode),
]
REASONS = [reason for measured in EVERYTHING for reason in judge(measured, NOON).reasons]


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("reason", REASONS, ids=lambda one: one.code)
def test_every_reason_has_its_sentence_and_what_to_do(reason: Reason, language: str) -> None:
    said = said_reason(reason, language, MOSCOW)
    assert said.what.endswith(".")
    assert said.do.endswith(".")
    assert "{" not in said.what
    assert ("а" in said.what.casefold()) == (language == "ru")


def test_no_words_are_there_that_nothing_says() -> None:
    assert {reason.code for reason in REASONS} == CODES
    assert _REASONS["en"].keys() == _REASONS["ru"].keys()
    assert _ERRORS["en"].keys() == _ERRORS["ru"].keys()


def test_states_differ_by_word_and_by_sign() -> None:
    for language in ("ru", "en"):
        assert len({said_health(state, language) for state in HealthState}) == len(HealthState)
    assert len({state.sign for state in HealthState}) == len(HealthState)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            Reason("failing", {"error": "unreachable", "count": 7, "since": NOON.isoformat()}),
            "Ничего не отправляется с 20.11.2026 12:00, нет связи с оператором канала. Неудач подряд: 7.",
        ),
        (Reason("key_refused"), "Оператор канала не принимает наш ключ."),
        (
            Reason("webhook_failing", {"said": "502 Bad Gateway"}),
            "Оператору канала не удаётся передать нам сообщения: «502 Bad Gateway».",
        ),
        (Reason("certificate_ends", {"day": NOON.isoformat()}), "Сертификат нашего адреса истекает 20.11.2026."),
        (
            Reason("silent", {"usual": 40, "since": NOON.isoformat()}),
            "Ничего не приходит с 20.11.2026 12:00. Обычно за это время приходило не меньше 40 сообщений.",
        ),
    ],
    ids=lambda one: one.code if isinstance(one, Reason) else None,
)
def test_a_reason_is_said_in_plain_words(reason: Reason, said: str) -> None:
    assert said_reason(reason, "ru", MOSCOW).what == said
