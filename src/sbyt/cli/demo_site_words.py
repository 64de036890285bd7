"""What ``sbyt demo`` says, in either language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SiteWords:
    """What the terminal shows while the town is made and served."""

    inventing: str
    importing: str
    billing: str
    writing: str
    prepared: str
    ready: str
    ending: str


RUSSIAN = SiteWords(
    inventing="Придумываем город, счетов: {accounts}…",
    importing="Загружаем два года показаний, их {readings}…",
    billing="Выставляем счета за {period}…",
    writing="Люди пишут, сообщений: {messages}…",
    prepared="Город готов: счетов {accounts}, заняло {seconds} с.",
    ready=(
        "\nОткройте в браузере: {address}\n"
        "Там сказано, кем можно притвориться и что передать. Наружу ничего не отправляется.\n"
        "Город сделан {made} и лежит в {folder}. Начать заново: make demo ARGS=--reset\n"
        "Остановить: Ctrl+C"
    ),
    ending="Останавливаем.",
)

ENGLISH = SiteWords(
    inventing="Inventing a town of {accounts} accounts…",
    importing="Importing two years of readings, {readings} of them…",
    billing="Billing {period}…",
    writing="People write {messages} messages…",
    prepared="The town is ready: {accounts} accounts, in {seconds} s.",
    ready=(
        "\nOpen in a browser: {address}\n"
        "It tells whom you may be and what to send. Nothing leaves this machine.\n"
        'The town was made on {made} and lies in {folder}. To begin anew: make demo ARGS="--english --reset"\n'
        "To stop: Ctrl+C"
    ),
    ending="Stopping.",
)

#: What each guest of the town shows, for the start page.
SHOWS = {
    "regular": {"ru": "Один счётчик, показания каждый месяц", "en": "Reads every month, one meter"},
    "day_and_night": {"ru": "День и ночь", "en": "Day and night"},
    "three_zones": {"ru": "Три зоны: пик, ночь, полупик", "en": "Three zones: peak, night, half-peak"},
    "several_meters": {"ru": "Свет, холодная и горячая вода", "en": "Electricity, cold and hot water"},
    "two_accounts": {"ru": "Два счёта на одном телефоне", "en": "Two accounts on one phone"},
    "recalculated": {"ru": "Три месяца не было показаний: перерасчёт", "en": "Silent for three months: recalculated"},
    "on_average": {"ru": "Два месяца нет показаний: по среднему", "en": "Silent for two months: billed by the average"},
    "in_debt": {"ru": "Долг", "en": "In debt"},
    "swapped": {"ru": "Счётчик заменили в этом году", "en": "The meter was exchanged this year"},
    "rolled_over": {"ru": "Счётчик прошёл через ноль", "en": "The dial went through zero"},
}

#: Who may log in to the office, for the start page.
ROLES = {
    "operator": {"ru": "Оператор", "en": "Operator"},
    "billing": {"ru": "Расчётчик", "en": "Billing specialist"},
    "administrator": {"ru": "Администратор", "en": "Administrator"},
}
