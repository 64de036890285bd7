"""What an administrator is told about a wrong ``sbyt.toml``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sbyt.config.channels import DEFAULT_CHANNELS, DEFAULT_ENGLISH, ONLY_IF_WANTED
from sbyt.config.load import load_configuration, load_settings, parse_settings
from sbyt.config.problems import UnableToStart
from sbyt.core.settings import ChannelState, Notice, Settings


def told(text: str) -> list[str]:
    with pytest.raises(UnableToStart) as caught:
        parse_settings(text, "sbyt.toml")
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[window]\nfirst_day = '18'\n",
            'sbyt.toml, строка 2: window.first_day = "18"; нужно: день месяца, целое число от 1 до 31',
        ),
        (
            "[window]\n\nlast_day = 40",
            "sbyt.toml, строка 3: window.last_day = 40; нужно: день месяца, целое число от 1 до 31",
        ),
        (
            "[dialogue]\nquestion_hours = true",
            "sbyt.toml, строка 2: dialogue.question_hours = true; нужно: целое число часов, от 1 до 240",
        ),
        ("language = 'de'", "sbyt.toml, строка 1: language = \"de\"; нужно: 'ru' или 'en'"),
        ("[company]\nname = ''", 'sbyt.toml, строка 2: company.name = ""; нужно: непустой текст в кавычках'),
        ("company = 3", "sbyt.toml, строка 1: company = 3; нужно: раздел с ключами"),
        (
            "[company]\nemail = 'nobody'",
            'sbyt.toml, строка 2: company.email = "nobody"; нужно: адрес электронной почты, например help@example.org',
        ),
        (
            "[company]\nphones = [\n'8 800 100-00-00',\n'a phone']",
            'sbyt.toml, строка 2: company.phones.1 = "a phone"; нужно: номер телефона, например 8 800 100-00-00',
        ),
        (
            "[company.bank]\nname='Б'\nbic='0448'\naccount='40702810900000000001'\ninn='7700000000'",
            'sbyt.toml, строка 3: company.bank.bic = "0448"; нужно: 9 цифр в кавычках',
        ),
        (
            "[company.bank]\nname='Б'\nbic='044525225'\ninn='7700000000'",
            "sbyt.toml, строка 1: не хватает company.bank.account; нужно: 20 цифр в кавычках",
        ),
        (
            "[company]\nbank = { name='Б', bic='044525225', inn='7700000000' }",
            "sbyt.toml, строка 2: не хватает company.bank.account; нужно: 20 цифр в кавычках",
        ),
        (
            "[window]\nfirst_day = 26",
            "sbyt.toml, строка 1: window: first_day (26) не может быть позже last_day (25)",
        ),
        (
            "time_zone = 'Europe/Moskow'",
            (
                'sbyt.toml, строка 1: time_zone = "Europe/Moskow"; нужно: часовой пояс из базы IANA, '
                "например Europe/Moscow; может быть, Europe/Moscow?"
            ),
        ),
        (
            "[channels.viber]\nsince = 'autumn'",
            'sbyt.toml, строка 2: channels.viber.since = "autumn"; нужно: дата, например 2026-11-01',
        ),
        (
            "[ways.'Почта']\ntitle = 'Почта'",
            "sbyt.toml, строка 1: ways: код 'Почта': нужны строчные латинские буквы, цифры и «_», не больше 32 знаков",
        ),
        (
            "[ways.sms]\ntitle = 'SMS'",
            "sbyt.toml, строка 1: ways: код 'sms' уже у канала: измените [channels.sms] или выберите другой код",
        ),
        (
            "[notice]\nrecommend = ['mail']",
            (
                "sbyt.toml, строка 1: notice: recommend: пути 'mail' нет; есть: sms, voice, email, telegram, max, vk, "
                "whatsapp, viber, webchat, cabinet, office, webform, console"
            ),
        ),
        (
            "[notice.english]\n'Почта России' = ''",
            'sbyt.toml, строка 2: notice.english.Почта России = ""; нужно: непустой текст',
        ),
        (
            "[ways.post]\nfirst_day = 2",
            "sbyt.toml, строка 1: не хватает ways.post.title; нужно: непустой текст в кавычках",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place_and_what_is_allowed(text: str, message: str) -> None:
    assert told(text) == [message]


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("[compani]\nname = 'x'", "sbyt.toml, строка 1: нет такого ключа: compani; может быть, company?"),
        ("[company]\nfone = '1'", "sbyt.toml, строка 2: нет такого ключа: company.fone; может быть, phones?"),
        ("[channels.telegramm]", "sbyt.toml, строка 1: нет такого ключа: channels.telegramm; может быть, telegram?"),
        (
            "channels.sms.adress = '1'",
            "sbyt.toml, строка 1: нет такого ключа: channels.sms.adress; может быть, address?",
        ),
        (
            "[checks]\nhigh_from.gaz = 3",
            "sbyt.toml, строка 2: нет такого ключа: checks.high_from.gaz; может быть, gas?",
        ),
        ("qq = 1", "sbyt.toml, строка 1: нет такого ключа: qq; здесь бывают: language, time_zone, company, window"),
    ],
)
def test_for_an_unknown_key_the_nearest_known_one_is_offered(text: str, beginning: str) -> None:
    (message,) = told(text)
    assert message.startswith(beginning)


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    messages = told("language = 1\n[window]\nlast_day = 0\n[company]\nsite = 3\n")
    assert [message.partition(":")[0] for message in messages] == [f"sbyt.toml, строка {n}" for n in (1, 3, 5)]


@pytest.mark.parametrize("key", ["password", "smtp_password", "bot_token", "API_KEY", "client_secret"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(key: str) -> None:
    (message,) = told(f"[channels.telegram]\n{key} = 'tea and cake'")
    assert message == (
        f"sbyt.toml, строка 2: channels.telegram.{key}: секретам в файле не место; "
        "задайте переменной окружения, а этот смените"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[company\n", "sbyt.toml, строка 1: это не TOML"),
        ("a = 1\nb = \n", "sbyt.toml, строка 2: это не TOML"),
        ("a = 1\na = 2\n", "sbyt.toml, строка 2: это не TOML"),
        ("a = '''", "sbyt.toml: это не TOML"),
        ("\x00", "sbyt.toml, строка 1: это не TOML"),
    ],
)
def test_what_is_no_toml_is_named_with_its_line(text: str, place: str) -> None:
    (message,) = told(text)
    assert message.startswith(place)


def test_a_file_in_another_encoding_is_named_with_the_line_where_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "sbyt.toml"
    path.write_bytes("[company]\nname = 'Энергосбыт'\n".encode("cp1251"))
    with pytest.raises(UnableToStart, match=r"строка 2: это не UTF-8; сохраните файл в UTF-8"):
        load_settings({"SBYT_CONFIG": str(path)})


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "sbyt.toml"
    path.write_bytes(b"\xef\xbb\xbf[window]\r\nlast_day = 26\r\n")
    assert load_settings({"SBYT_CONFIG": str(path)}).window.last_day == 26


def test_sbyt_config_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnableToStart, match=r"nowhere\.toml: файл не прочитан .*SBYT_CONFIG"):
        load_settings({"SBYT_CONFIG": str(tmp_path / "nowhere.toml")})


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    unwanted = {code: DEFAULT_CHANNELS[code].model_copy(update={"public": False}) for code in ONLY_IF_WANTED}
    channels = {**DEFAULT_CHANNELS, **unwanted}
    assert load_settings({}) == Settings(channels=channels, notice=Notice(english=DEFAULT_ENGLISH))


def test_the_file_in_the_working_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sbyt.toml").write_text("[company]\nname = 'Северный сбыт'", encoding="utf-8")
    assert load_settings({}).company.name == "Северный сбыт"


def test_a_file_need_only_say_what_differs() -> None:
    settings = parse_settings("[checks.high_from]\ngas = 20\n[channels.viber]\nstate = 'withdrawn'", "sbyt.toml")
    assert settings.checks.high_from.gas == 20
    assert settings.checks.high_from.electricity == 100
    assert settings.channels["viber"].state is ChannelState.WITHDRAWN
    assert settings.channels["viber"].title == "Viber"
    assert settings.channels["sms"] == DEFAULT_CHANNELS["sms"]


def test_a_date_is_written_without_quotes() -> None:
    settings = parse_settings("[channels.max]\nstate = 'planned'\nsince = 2026-12-01", "sbyt.toml")
    assert settings.channels["max"].since == dt.date(2026, 12, 1)


def test_a_way_that_is_no_channel_has_a_code_of_its_own() -> None:
    settings = parse_settings("[ways.post]\ntitle = 'Почта России'\nlast_day = 25", "sbyt.toml")
    assert (settings.ways["post"].title, settings.ways["post"].last_day) == ("Почта России", 25)
    assert "post" not in settings.channels


def test_file_and_environment_are_judged_together(tmp_path: Path) -> None:
    path = tmp_path / "sbyt.toml"
    path.write_text("language = 'de'", encoding="utf-8")
    with pytest.raises(UnableToStart) as caught:
        load_configuration({"SBYT_CONFIG": str(path), "DATABASE_URL": "mysql://a:b@c/d"})
    assert [problem.place for problem in caught.value.problems] == [f"{path}, строка 1", "DATABASE_URL"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", set()),
        ("[channels.sms]", set()),
        ("[channels.viber]", {"viber"}),
        ("[channels.whatsapp.options]\nnumber = '106540352242922'", {"whatsapp"}),
        ("[channels.viber]\n[channels.whatsapp]\npublic = false", {"viber"}),
    ],
)
def test_customers_are_told_of_what_hardly_anybody_reaches_only_where_the_file_names_it(
    text: str, named: set[str]
) -> None:
    channels = parse_settings(text, "sbyt.toml").channels
    assert {code for code in ONLY_IF_WANTED if channels[code].is_named} == named
    assert all(channels[code].is_named for code in DEFAULT_CHANNELS if code not in (*ONLY_IF_WANTED, "console"))
