"""What of a provider's words may stand in the delivery log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.messaging.masking import masked, masked_recipient


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Forbidden: bot was blocked by the user", "Forbidden: bot was blocked by the user"),
        ("error 4012, retry in 30", "error 4012, retry in 30"),
        ("chat 12345 not found", "chat … not found"),
        ("no route to +79120000101", "no route to +…"),
        ("no route to 8 (912) 000-01-01.", "no route to …."),
        ("unknown: anna.petrova+x@mail.example.ru", "unknown: …"),
        ("https://api.example/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/send", "https://api.example/bot…:…/send"),
        ("no 4821-7730-9614 here", "no … here"),
        ("no 4821\u20117730\u20119614 here", "no … here"),
        ("no /b/ABcdEFghIJklMNopQRstUV", "no /b/…"),
        ("no /b/A0cd_FghIJklMNopQRstUV", "no /b/…"),
        ("Authorization: Bearer abcdef", "Authorization: Bearer=…"),
        ('{"access_token": "abc", "code": 5}', '{"access_token=… "code": 5}'),
        ("api_key=abc&x", "api_key=…"),
        ("two\n lines\x00", "two lines"),
        ("\ud83d", "?"),
    ],
)
def test_numbers_addresses_and_keys_are_left_out(said: str, kept: str) -> None:
    assert masked(said) == kept


def test_what_was_sent_does_not_come_back_in_the_log() -> None:
    assert masked("can't send «Приняли 44 Анне» to anna", "Приняли 44 Анне", "anna") == "can't send «…» to …"


@given(st.text(max_size=2000))
def test_whatever_was_said_it_is_short_and_any_database_can_hold_it(said: str) -> None:
    kept = masked(said)
    assert len(kept) <= 300
    assert "\x00" not in kept
    kept.encode()


@given(st.from_regex(r"\A[+(]?[0-9]([ ().-]{0,3}[0-9]){4,14}\Z"))
def test_no_phone_stays_however_it_is_written(phone: str) -> None:
    assert sum(map(str.isdigit, masked(f"refused: {phone} is off"))) < 5


@pytest.mark.parametrize(
    ("recipient", "shown"), [("+79120000101", "+79…01"), ("anna@example.org", "ann…rg"), ("1234567", "1…"), ("", "…")]
)
def test_of_a_recipient_enough_is_shown_to_tell_two_apart(recipient: str, shown: str) -> None:
    assert masked_recipient(recipient) == shown
