"""What stands around every page: the company, the language, who is logged in, the ways between the desks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from sbyt.staff.roles import Role, may
from sbyt.web.language import language_of
from sbyt.web.words import LANGUAGES

WORDS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "other_language": "In English",
        "to_the_page": "Перейти к содержанию",
        "office": "Офис",
        "desks": "Разделы",
        "home": "Начало",
        "queue": "Ждёт решения",
        "queue_what": "Показания, в которых усомнились, и сообщения, на которые должен ответить человек.",
        "search": "Клиенты",
        "search_what": "Всё о клиенте на одном экране: счётчики, показания, переписка, счета.",
        "find": "Найти",
        "find_hint": "Счёт, имя, адрес, телефон",
        "billing": "Начисления",
        "billing_what": "Начисленные месяцы: суммы, что посчитано по среднему, кому начислить не вышло.",
        "channels_what": "Какие пути приёма открыты, что в них пришло и ушло; закрыть, открыть, объяснить почему.",
        "notices": "Уведомления",
        "notices_what": "Сказать многим сразу: что канал закрыт или своими словами. Подготовить, одобрить, остановить.",
        "data_what": "Клиенты, счётчики, показания, переписка, счета — как они лежат в таблицах.",
        "channels": "Каналы",
        "data": "Данные",
        "log_in": "Войти",
        "log_out": "Выйти",
        "security": "Защита входа",
        "security_why": "Пароль могут подсмотреть. Второй шаг при входе не пустит чужого, даже если он знает пароль.",
        "on": "Включено",
        "off": "Не включено",
        "turn_on": "Включить",
        "turn_off": "Выключить",
        "app": "Код из приложения",
        "app_what": "При входе вы вводите шесть цифр, которые показывает приложение на телефоне: "
        "Яндекс Ключ, Aegis, FreeOTP или другое.",
        "keys": "Ключи доступа",
        "keys_what": "Вход по отпечатку, лицу, PIN-коду устройства или USB-ключу. Пароль тогда не нужен.",
        "keys_have": "Ключей:",
        "keys_list": "Показать ключи",
        "keys_add": "Добавить ключ",
        "codes": "Запасные коды",
        "codes_what": "На случай, если телефон потерян: каждый код впускает один раз. Распечатайте их и спрячьте.",
        "codes_left": "Осталось кодов:",
        "codes_none": "Кодов не осталось",
        "codes_show": "Показать",
        "codes_new": "Сделать новые",
        "log_in_title": "Вход в офис",
        "log_in_for": "Для сотрудников. Клиентам входить не нужно.",
        "name": "Имя для входа",
        "password": "Пароль",
        "again": "Введите пароль ещё раз",
        "again_why": "Так никто не изменит защиту входа за вас, пока вы отошли.",
        "again_else": "Или подтвердите иначе",
        "go_on": "Продолжить",
        "inactive": "Вход закрыт",
        "inactive_do": "Этому имени входить нельзя. Если это ошибка, обратитесь к администратору.",
        "log_out_ask": "Выйти из офиса?",
        "by_passkey": "По ключу доступа",
        "forgot": "Забыли пароль? Новый задаст администратор.",
    },
    "en": {
        "other_language": "По-русски",
        "to_the_page": "Skip to the content",
        "office": "Office",
        "desks": "Desks",
        "home": "Start",
        "queue": "Decisions",
        "queue_what": "Readings that were doubted, and messages that a person must answer.",
        "search": "Customers",
        "search_what": "All of a customer on one screen: meters, readings, messages, bills.",
        "find": "Find",
        "find_hint": "Account, name, address, phone",
        "billing": "Billing",
        "billing_what": "The months that were billed: sums, what is estimated, who could not be billed.",
        "channels_what": "Which ways to send readings are open, and what came and went; close, open, say why.",
        "notices": "Notices",
        "notices_what": "Tell many at once: that a channel is closed, or in your own words. Prepare, approve, stop.",
        "data_what": "Customers, meters, readings, messages, bills: as they lie in the tables.",
        "channels": "Channels",
        "data": "Data",
        "log_in": "Log in",
        "log_out": "Log out",
        "security": "Log-in security",
        "security_why": "A password can be watched. A second step keeps a stranger out even if they know it.",
        "on": "On",
        "off": "Off",
        "turn_on": "Turn on",
        "turn_off": "Turn off",
        "app": "A code from an app",
        "app_what": "When you log in, you type six figures that an app on your phone shows: "
        "Aegis, FreeOTP, Google Authenticator or another.",
        "keys": "Passkeys",
        "keys_what": "Log in by fingerprint, face, the device's PIN or a USB key. No password is needed then.",
        "keys_have": "Keys:",
        "keys_list": "Show the keys",
        "keys_add": "Add a key",
        "codes": "Spare codes",
        "codes_what": "For the day the phone is lost: each code lets you in once. Print them and keep them safe.",
        "codes_left": "Codes left:",
        "codes_none": "No codes left",
        "codes_show": "Show",
        "codes_new": "Make new ones",
        "log_in_title": "Log in to the office",
        "log_in_for": "For staff. Customers need not log in.",
        "name": "Name",
        "password": "Password",
        "again": "Enter your password again",
        "again_why": "So nobody changes how you log in while you are away from the desk.",
        "again_else": "Or confirm in another way",
        "go_on": "Go on",
        "inactive": "You can't log in",
        "inactive_do": "This name may not log in. If that is a mistake, ask an administrator.",
        "log_out_ask": "Log out of the office?",
        "by_passkey": "By passkey",
        "forgot": "Forgotten the password? An administrator sets a new one.",
    },
}


class Desk(NamedTuple):
    """A part of the office in its navigation, and who sees it; with no roles named, all staff.

    ``pages``: where its other pages begin.
    """

    path: str
    code: str
    roles: tuple[Role, ...] = ()
    pages: tuple[str, ...] = ()


DESKS = (
    Desk("/office/", "home"),
    Desk("/office/queue/", "queue", (Role.OPERATOR,)),
    Desk(
        "/office/find/",
        "search",
        (Role.OPERATOR, Role.BILLING),
        ("/office/accounts/", "/office/talk/", "/office/bills/"),
    ),
    Desk("/office/billing/", "billing", (Role.OPERATOR, Role.BILLING)),
    Desk("/office/channels/", "channels", (Role.OPERATOR,), ("/office/notice/",)),
    Desk("/office/notices/", "notices", (Role.OPERATOR, Role.BILLING)),
    Desk("/office/data/", "data"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """For every template: ``language``, ``frame`` (these words), ``company`` and, for staff, ``desks``."""
    language = language_of(request)
    other = next(one for one in LANGUAGES if one != language)
    words = WORDS[language]
    return {
        "language": language,
        "other": other,
        "other_path": _in_language(request, other),
        "frame": words,
        "company": settings.SBYT.company,
        "desks": _Desks(request, words),
    }


def _in_language(request: HttpRequest, language: str) -> str:
    """This page in the other language."""
    query = request.GET.copy()
    query["lang"] = language
    return f"?{query.urlencode()}"


class _Desks:
    """The desks that whoever is logged in sees, each with its word; asked only by pages that show them."""

    def __init__(self, request: HttpRequest, words: Mapping[str, str]) -> None:
        self._request, self._words = request, words

    @property
    def can_search(self) -> bool:
        """Whether whoever is logged in may look for customers."""
        return any(may(self._request.user, desk.roles) for desk in DESKS if desk.code == "search")

    def __iter__(self) -> Any:
        here = self._request.path
        for desk in DESKS:
            if may(self._request.user, desk.roles):
                own = (*desk.pages, *([desk.path] if desk.path != "/office/" else []))
                current = here == desk.path or here.startswith(own)
                word, what = self._words[desk.code], self._words.get(f"{desk.code}_what", "")
                yield {"path": desk.path, "code": desk.code, "word": word, "what": what, "current": current}
