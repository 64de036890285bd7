"""Who wants nothing to be written to them first, and who does not say so."""

from __future__ import annotations

import pytest

from sbyt.conversation.stopping import wants_silence


@pytest.mark.parametrize(
    "text",
    [
        *("/stop", "stop", "СТОП", "Стоп!", "отписаться", "unsubscribe"),
        *("не пишите мне", "Не пишите мне больше.", "не надо мне писать", "не нужно писать", "больше не пишите"),
        *("не присылайте мне сообщения", "Пожалуйста, не присылайте сюда смс", "прекратите слать сообщения", "хватит"),
        *("don't write me", "don’t write", "please stop writing"),
    ],
)
def test_it_is_understood(text: str) -> None:
    assert wants_silence(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "4425", "не 4425", "не пишите 4425", "стоп 4425", "200004 4425 не пишите", "не отправляется показание"),
        *("нет", "не надо", "отправляю 4425", "вы не пишете, сколько я должен", "не напоминать"),
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert not wants_silence(text)
