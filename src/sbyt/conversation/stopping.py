"""«Не пишите мне»: who wants nothing to be written to them first, in whatever words."""

from __future__ import annotations

import re

_WRITE = r"(?:пиши(?:те)?|писать|присыла(?:й|йте|ть)|шли(?:те)?|слать|отправля(?:й|йте|ть)|беспоко(?:й|йте|ить))"
_BESIDE = (
    r"(?:мне|нам|сюда|больше|пожалуйста|сообщени[яй]|смс|sms|рассылк[уи]|уведомлени[яй]|никогда|надо|нужно"
    r"|me|us|please)"
)
#: The whole message, and nothing else in it.
_FOUND = re.compile(
    rf"\W*(?:{_BESIDE}\W+)*"
    rf"(?:не(?:\W+{_BESIDE})*\W+{_WRITE}|(?:прекратите|перестаньте|хватит)(?:\W+{_WRITE}|\W+рассылку)?"
    rf"|отписаться|отпишите|отписка|стоп|/?stop|unsubscribe|(?:don['’]?t|stop)\s+(?:write|writing|texting|messaging))"
    rf"(?:\W+{_BESIDE})*\W*",
    re.IGNORECASE,
)


def wants_silence(text: str) -> bool:
    """Whether a message asks for that, and is about nothing else."""
    return len(text) <= 100 and _FOUND.fullmatch(text) is not None
