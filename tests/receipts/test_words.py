"""The words of the bill, and a company's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sbyt.receipts.words import PACKAGED, UnableToReadWords, read_words


def test_the_languages_have_the_same_words_and_fill_in_the_same() -> None:
    russian, english = (
        tomllib.loads((PACKAGED / f"words.{language}.toml").read_text(encoding="utf-8")) for language in ("ru", "en")
    )
    assert {section: set(keys) for section, keys in russian.items()} == {
        section: set(keys) for section, keys in english.items()
    }


def test_a_company_changes_only_what_it_wants(tmp_path: Path) -> None:
    (tmp_path / "words.ru.toml").write_text('[labels]\npay = "Оплатите здесь"\n[how]\nkiosk = "Подойдите: {address}"\n')
    own, packaged = read_words("ru", tmp_path), read_words("ru", None)
    assert own.labels == {**packaged.labels, "pay": "Оплатите здесь"}
    assert own.how["kiosk"] == "Подойдите: {address}"
    assert own.texts == packaged.texts


def test_a_folder_without_words_has_the_packaged_ones(tmp_path: Path) -> None:
    assert read_words("ru", tmp_path) == read_words("ru", None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[labels", "не понят"),
        ('[lables]\npay = "x"', "нет такого раздела: lables"),
        ('[labels]\npey = "x"', "нет такого ключа: labels.pey. Может быть, pay?"),
        ("[labels]\npay = 1", "labels.pay: нужен текст"),
        ('[notice]\nparagraphs = "x"', "notice.paragraphs: нужен список текстов"),
        ('[texts]\ndue = "до {date}"', "texts.due: {date} подставить нечем. Здесь подставляется: {day}."),
        ('[texts]\ndue = "до {day"', "texts.due: фигурные скобки не парные"),
        ('[labels]\npay = "{sum}"', "{sum} подставить нечем. Здесь подставляется: ничего."),
        ('[how]\nsms = "{phone}"', "how.sms: {phone} подставить нечем. Здесь подставляется: {address}, {title}."),
    ],
)
def test_what_does_not_belong_there_is_named_with_its_file(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "words.ru.toml").write_text(content)
    with pytest.raises(UnableToReadWords) as refused:
        read_words("ru", tmp_path)
    assert said in str(refused.value)
    assert "words.ru.toml" in str(refused.value)


def test_what_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.ru.toml").write_bytes('[labels]\npay = "Оплатить"'.encode("cp1251"))
    with pytest.raises(UnableToReadWords, match="UTF-8"):
        read_words("ru", tmp_path)
