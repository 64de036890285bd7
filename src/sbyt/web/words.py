"""What the pages say, in either language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sbyt.core.periods import Period
from sbyt.core.settings import Window

LANGUAGES = ("ru", "en")

_MONTHS = {
    "ru": [
        "январь",
        "февраль",
        "март",
        "апрель",
        "май",
        "июнь",
        "июль",
        "август",
        "сентябрь",
        "октябрь",
        "ноябрь",
        "декабрь",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_OF_MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]

WORDS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "title": "Передать показания",
        "account": "Лицевой счёт",
        "account_hint": "Номер вверху квитанции.",
        "values": "Показания",
        "values_hint": "Только цифры до запятой. Несколько — через пробел: сначала день, потом ночь.",
        "example": "Например: 4425 или день 8242 ночь 3104",
        "send": "Передать",
        "answer": "Ответ",
        "your_answer": "Ваш ответ",
        "reply": "Ответить",
        "or_type": "Или напишите ответ",
        "you_sent": "Вы отправили",
        "more": "Передать ещё",
        "see": "Посмотреть ответ",
        "all_ways": "Все способы передать показания",
        "check": "Проверьте",
        "empty": "Поле пустое. Перепишите цифры с прибора учёта.",
        "stale": "Эта страница устарела, мы ничего не записали. Проверьте цифры и нажмите «{send}» ещё раз.",
        "long": "Слишком длинно, мы ничего не записали. Оставьте только номер счёта и цифры.",
        "out": "Сейчас не получается записать показания: идут работы. Мы ничего не потеряли — то, что вы ввели, "
        "осталось на странице. Подождите минуту и нажмите «{send}» ещё раз.",
        "later": "Мы записали ваше сообщение под номером {number}. Ответ готовится: нажмите «{see}» через минуту.",
        "closed": "Приём закрыт",
        "other_language": "In English",
        "window": "Показания за {month} ждём по {until}.",
        "soon": "Показания за {month} ждём с {since} по {until}. Раньше — тоже можно.",
        "over": "Приём за {month} закончился {until}. Новые показания пойдут в следующий счёт.",
    },
    "en": {
        "title": "Send readings",
        "account": "Account number",
        "account_hint": "At the top of your bill.",
        "values": "Readings",
        "values_hint": "Only the figures before the comma. Several: with a space between, day first, then night.",
        "example": "For example: 4425 or day 8242 night 3104",
        "send": "Send",
        "answer": "Answer",
        "your_answer": "Your answer",
        "reply": "Reply",
        "or_type": "Or type your answer",
        "you_sent": "You sent",
        "more": "Send another",
        "see": "See the answer",
        "all_ways": "All ways to send readings",
        "check": "Please check",
        "empty": "The field is empty. Copy the figures from the meter.",
        "stale": "This page is out of date, and nothing was saved. Check the figures and press “{send}” again.",
        "long": "That is too long, and nothing was saved. Leave only the account number and the figures.",
        "out": "Readings can't be saved right now: we are at work on it. Nothing is lost, what you typed is still on "
        "the page. Wait a minute and press “{send}” again.",
        "later": "We saved your message under number {number}. The answer is on its way: press “{see}” in a minute.",
        "closed": "Closed",
        "other_language": "По-русски",
        "window": "Readings for {month} are welcome until {until}.",
        "soon": "Readings for {month} are welcome from {since} to {until}. Earlier is fine, too.",
        "over": "Readings for {month} closed on {until}. New ones go into the next bill.",
    },
}


#: What the start page says.
START: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "title": "Показания счётчиков",
        "form": "Передать показания",
        "phones": "Телефоны жителей",
        "ways": "Как передать показания",
        "notice": "Подробно обо всех способах",
        "feed": "Следить за изменениями (RSS)",
        "open": "открыт",
        "unstable": "работает с перебоями",
        "planned": "скоро",
        "withdrawn": "закрыт",
        "days": "с {first} по {last} число",
        "since": "с {day}",
        "account": "Счёт",
        "right": "Верное показание сегодня",
        "bill": "Страница по QR-коду квитанции",
        "guests": "Кем притвориться",
        "guests_hint": "Передайте показание из списка, а потом ошибитесь: лишняя цифра, меньше прошлого, день и ночь "
        "наоборот.",
        "staff": "Сотрудники",
        "staff_hint": "Роли видят разное: оператор — клиентов, вопросы и каналы, начисления — ещё и счета.",
        "office": "Войти в офис",
        "name": "Имя",
        "password": "Пароль",
        "demo_title": "Демонстрация",
        "demo": "Придуманный город в Коми: люди, адреса и телефоны вымышлены, наружу ничего не отправляется. "
        "Показания проходят тот же путь, что и настоящие: приём, понимание, проверки, ответ.",
    },
    "en": {
        "title": "Meter readings",
        "form": "Send readings",
        "phones": "People's phones",
        "ways": "Ways to send readings",
        "notice": "All ways in full",
        "feed": "Follow changes (RSS)",
        "open": "open",
        "unstable": "works unsteadily",
        "planned": "coming",
        "withdrawn": "closed",
        "days": "on days {first} to {last} of the month",
        "since": "since {day}",
        "account": "Account",
        "right": "Today's right reading",
        "bill": "The page behind the bill's QR code",
        "guests": "Whom to be",
        "guests_hint": "Send a reading from the list, then make mistakes: a figure too many, less than before, day and "
        "night swapped.",
        "staff": "Staff",
        "staff_hint": "Roles see different things: an operator customers, questions and channels; billing the bills.",
        "office": "Log in to the office",
        "name": "Name",
        "password": "Password",
        "demo_title": "Demonstration",
        "demo": "A made-up town in the Komi Republic: its people, addresses and phones are invented, and nothing is "
        "sent anywhere. Readings take the path of real ones: taken in, understood, checked, answered.",
    },
}


def start_words_of(language: str) -> Mapping[str, str]:
    return START[language]


def words_of(language: str) -> dict[str, str]:
    """The words of a language, those that name a button with the button's own."""
    words = WORDS[language]
    return {code: said.replace("{send}", words["send"]).replace("{see}", words["see"]) for code, said in words.items()}


def about_window(window: Window, today: dt.date, language: str) -> str:
    """For which month readings are awaited, and until when."""
    closes = window.closes(today)
    opens = today.replace(day=min(window.first_day, Period.of(today).days))
    code = "soon" if today < opens else "window" if today <= closes else "over"
    month = _MONTHS[language][today.month - 1]
    return WORDS[language][code].format(month=month, since=opens.day, until=day_of_month(closes, language))


def day_of_month(day: dt.date, language: str) -> str:
    """``25 ноября``, ``25 November``."""
    return f"{day.day} {_OF_MONTHS[day.month - 1] if language == 'ru' else _MONTHS['en'][day.month - 1]}"
