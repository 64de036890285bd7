"""Channels are made of settings and environment; what is wrong with either names the key or the variable."""

from __future__ import annotations

import pytest

from sbyt.config.channels import DEFAULT_CHANNELS, connected
from sbyt.config.load import parse_settings
from sbyt.config.problems import UnableToStart
from tests.support.serving import right_now

SECRET = {"SBYT_WEBFORM_SECRET": "s" * 32}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[channels.webform.options]\ncallback = 'http://example.org/'",
            (
                'sbyt.toml, строка 2: channels.webform.options.callback = "http://example.org/"; нужно: адрес, который '
                "начинается с https://"
            ),
        ),
        (
            "[channels.webform]\noptions = { seconds = 0 }",
            "sbyt.toml, строка 2: channels.webform.options.seconds = 0; нужно: целое число секунд, от 1 до 19",
        ),
        (
            "[channels.console.options]\nfiel = 'x'",
            (
                "sbyt.toml, строка 2: нет такого ключа: channels.console.options.fiel; может быть, file?; "
                "здесь бывают: file, seconds"
            ),
        ),
        (
            "[channels.voice.options]\nline = 2",
            (
                "sbyt.toml, строка 1: channels.voice.options: такого канала ещё нет в программе, ключей у него нет; "
                "уберите раздел"
            ),
        ),
        (
            "[channels.webform.options]\nsecret = 'x'",
            (
                "sbyt.toml, строка 2: channels.webform.options.secret: секретам в файле не место; "
                "задайте переменной окружения, а этот смените"
            ),
        ),
        ("[channels.sms]\npublic = 'no'", 'sbyt.toml, строка 2: channels.sms.public = "no"; нужно: true или false'),
    ],
)
def test_a_wrong_option_is_named_like_any_other_key(text: str, message: str) -> None:
    with pytest.raises(UnableToStart) as caught:
        parse_settings(text, "sbyt.toml")
    assert str(caught.value) == message


def test_what_is_built_is_connected_without_any_settings() -> None:
    assert set(connected(parse_settings("", "nothing"), {}, right_now)) == {"console", "webform"}


def test_options_and_secrets_reach_the_channel() -> None:
    settings = parse_settings("[channels.webform.options]\ncallback = 'https://example.org/'", "sbyt.toml")
    assert connected(settings, SECRET, right_now)["webform"].__dict__["_callback"] == "https://example.org/"


def test_a_secret_of_no_use_is_named_by_its_variable_and_not_repeated() -> None:
    with pytest.raises(UnableToStart) as caught:
        connected(parse_settings("", "nothing"), {"SBYT_WEBFORM_SECRET": "hunter2"}, right_now)
    assert str(caught.value).startswith("SBYT_WEBFORM_SECRET: 7 знаков")
    assert "hunter2" not in str(caught.value)


def test_customers_are_told_of_no_channel_that_is_not_theirs() -> None:
    assert [code for code, channel in DEFAULT_CHANNELS.items() if not channel.is_named] == ["console"]
