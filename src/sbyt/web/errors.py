"""Pages for what went wrong: what happened, what it means, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from sbyt.web.frame import WORDS as FRAME
from sbyt.web.language import language_of

WORDS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "not_found": "Такой страницы нет",
        "not_found_do": "Возможно, адрес набран с опечаткой или страницу перенесли. Начните с первой страницы.",
        "forbidden": "Эта страница не для вашей роли",
        "forbidden_do": "Если она нужна вам для работы, попросите администратора добавить вам роль.",
        "stale": "Страница устарела, мы ничего не записали",
        "stale_do": "Так бывает, если она долго была открыта или браузер не принимает куки. "
        "Вернитесь назад, обновите страницу и повторите.",
        "broken": "У нас что-то сломалось",
        "broken_do": "Мы уже знаем об этом. Подождите минуту и повторите. Если не помогло, сообщите администратору.",
        "often": "Слишком много попыток",
        "often_do": "Вход остановлен, чтобы пароль нельзя было подобрать. Подождите несколько минут и повторите.",
        "home": "На первую страницу",
    },
    "en": {
        "not_found": "There is no such page",
        "not_found_do": "The address may be mistyped, or the page has moved. Begin at the start page.",
        "forbidden": "This page is not for your role",
        "forbidden_do": "If you need it for your work, ask an administrator to give you the role.",
        "stale": "The page is out of date, and nothing was saved",
        "stale_do": "That happens when it was open for long, or when the browser takes no cookies. "
        "Go back, reload the page and try again.",
        "broken": "Something broke on our side",
        "broken_do": "We already know. Wait a minute and try again. If it does not help, tell your administrator.",
        "often": "Too many attempts",
        "often_do": "Logging in has been stopped so that nobody can guess the password. "
        "Wait a few minutes and try again.",
        "home": "To the start page",
    },
}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 as Django calls it
    return _page(request, "not_found", 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 as Django calls it
    return _page(request, "forbidden", 403)


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 as Django calls it
    """A form without the token that our pages carry."""
    return _page(request, "stale", 403)


def broken(request: HttpRequest) -> HttpResponse:
    return _page(request, "broken", 500)


def often(request: HttpRequest) -> HttpResponse:
    """Too many attempts to log in."""
    return _page(request, "often", 429)


def _page(request: HttpRequest, code: str, status: int) -> HttpResponse:
    """Rendered with nothing but words: what is broken may be the database."""
    language = language_of(request)
    words = WORDS[language]
    said: dict[str, Any] = {
        "language": language,
        "frame": FRAME[language],
        "company": settings.SBYT.company,
        "words": words,
        "happened": words[code],
        "do": words[f"{code}_do"],
        "home": "/office/" if request.path.startswith("/office/") else "/",
    }
    return HttpResponse(render_to_string("error.html", said), status=status)
