"""Russian, on «вы», in short plain words: what happened, what it means, what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sbyt.conversation.acts import (
    AlreadyThere,
    Ask,
    Balance,
    Cancelled,
    Closed,
    CodeAnswer,
    CodeCame,
    Confirm,
    ContactAnswer,
    ContactCame,
    History,
    IsReading,
    KeptInspected,
    LastReadings,
    Linked,
    LinkTold,
    NotLinked,
    OwnerTold,
    Refused,
    ReminderAnswer,
    Say,
    Saying,
    SeeOnPage,
    Shown,
    Taken,
)
from sbyt.conversation.render.words import Words
from sbyt.conversation.understanding import Problem
from sbyt.core.money import roubles
from sbyt.core.periods import Period
from sbyt.core.resources import Resource
from sbyt.metering.checks import Code

_OF_MONTH = [
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
_MONTHS = [
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
]
_EXAMPLES = {
    Resource.ELECTRICITY: "свет 4425",
    Resource.HOT_WATER: "гвс 121,5",
    Resource.COLD_WATER: "хвс 244,5",
    Resource.GAS: "газ 1520",
    Resource.HEAT: "тепло 12,4",
}
_LINKED = {Linked.PHONE: "телефон", Linked.EMAIL: "адрес e-mail"}
_HOW_MANY = {2: "два показания", 3: "три показания"}


def _form(number: int, one: str, few: str, many: str) -> str:
    """The form of a word after a number: 1 цифра, 2 цифры, 5 цифр, 11 цифр, 21 цифра."""
    if number % 100 in (11, 12, 13, 14):
        return many
    return {1: one, 2: few, 3: few, 4: few}.get(number % 10, many)


class Russian(Words):
    point = ","
    yes_or_no = ("Да", "Нет")
    contact_button = "Отправить мой номер"
    balance_asked = "Баланс"
    unstable = "работает с перебоями"
    resources: ClassVar[Mapping[Resource, str]] = {
        Resource.ELECTRICITY: "свет",
        Resource.HOT_WATER: "горячая вода",
        Resource.COLD_WATER: "холодная вода",
        Resource.GAS: "газ",
        Resource.HEAT: "отопление",
    }
    units: ClassVar[Mapping[Resource, str]] = {
        Resource.ELECTRICITY: "кВт·ч",
        Resource.HOT_WATER: "м³",
        Resource.COLD_WATER: "м³",
        Resource.GAS: "м³",
        Resource.HEAT: "Гкал",
    }
    zones: ClassVar[Mapping[tuple[int, str], str]] = {
        (2, "T1"): "день",
        (2, "T2"): "ночь",
        (3, "T1"): "пик",
        (3, "T2"): "ночь",
        (3, "T3"): "полупик",
    }

    def day(self, day: dt.date) -> str:
        return f"{day.day} {_OF_MONTH[day.month - 1]}"

    def number(self, number: str) -> str:
        return f" № {number}" if number else ""

    def month(self, period: int) -> str:
        return _MONTHS[Period(period).month - 1]

    def taken(self, act: Taken, terse: int) -> str:
        return f"{self._what_was_taken(act, terse)} {self._what_it_means(act, terse)}"

    def _what_was_taken(self, act: Taken, terse: int) -> str:
        if len(act.meters) > 1:
            return f"Приняли: {self.meters(act.meters, terse)}."
        (shown,) = act.meters
        taken = f"Приняли {self.values(shown)}" + ("" if terse == 2 else f" по счётчику {self.tail(shown.serial)}")
        if shown.used and shown.since and terse < 2 and not act.late:
            return f"{taken}: {self.used(shown)} с {self.day(shown.since)}."
        return f"{taken}."

    def _what_it_means(self, act: Taken, terse: int) -> str:
        month = self.month(act.period)
        if act.late:
            closed = self.month(act.period - 1)
            if act.estimated and terse < 2:
                return f"За {closed} приём уже закрыт: посчитаем по среднему, а в счёте за {month} пересчитаем."
            return f"За {closed} приём закрыт, войдёт в счёт за {month}."
        if act.until is None:
            return f"Войдёт в счёт за {month}."
        if terse == 0:
            return f"Войдёт в счёт за {month}. Ошиблись? Пришлите верное до {self.day(act.until)}."
        if terse == 1:
            return f"Войдёт в счёт за {month}. Исправить можно до {self.day(act.until)}."
        return f"Счёт за {month}, исправить до {act.until:%d.%m}."

    def already_there(self, act: AlreadyThere, terse: int) -> str:
        if len(act.meters) > 1:
            return f"Эти показания у нас уже есть: {self.meters(act.meters, terse)}, {self.month(act.period)}."
        (shown,) = act.meters
        return (
            f"Эти показания у нас уже есть: {self.values(shown)}, счётчик {self.tail(shown.serial)}, "
            f"{self.month(act.period)}."
        )

    def kept_inspected(self, act: KeptInspected, terse: int) -> str:
        meter, month = self.tail(act.meter.serial), self.month(act.period)
        said = f"За {month} показания счётчика {meter} снял контролёр, они и войдут в счёт."
        return said if terse else f"{said} Не согласны? Ответьте «оператор», разберёмся."

    def refused(self, act: Refused, terse: int) -> str:
        said = self._why_refused(act, terse)
        if act.staff and terse < 2:
            return f"{said} Передали сотруднику, он разберётся."
        return said

    def _why_refused(self, act: Refused, terse: int) -> str:
        if act.code is Code.UNKNOWN_ACCOUNT:
            where = f"Номер вверху квитанции{self._lengths(act.lengths)}."
            return f"Счёт {act.number} не нашли. {where}"
        if act.code is Code.UNKNOWN_METER:
            ours = ", ".join(self.tail(serial) for serial in act.serials)
            known = f" На счёте {act.account}: {ours}." if ours and terse == 0 else ""
            return f"Счётчик {act.number} на этом счёте не нашли.{known} Проверьте номер и пришлите ещё раз."
        if act.meter is None:
            return "Не приняли. Проверьте цифры и пришлите ещё раз."
        serial, values = self.tail(act.meter.serial), self.values(act.meter)
        if act.code is Code.REMOVED:
            return f"Счётчик {serial} снят. Пришлите показания того, что стоит сейчас."
        again = "Проверьте цифры и пришлите ещё раз."
        if act.code is Code.LOWER:
            return f"Не приняли: {values} меньше прошлого{self._last(act.meter)}. {again}"
        return f"Не приняли {values}, счётчик {serial}: столько быть не может. {again}"

    def _last(self, shown: Shown) -> str:
        if not shown.last or not shown.since:
            return ""
        return f", {self.values(shown, shown.last)} от {self.day(shown.since)}"

    @staticmethod
    def _lengths(lengths: tuple[int, ...]) -> str:
        if not lengths or len(lengths) > 3:
            return ""
        return f", {' или '.join(map(str, lengths))} {_form(lengths[-1], 'цифра', 'цифры', 'цифр')}"

    def confirm(self, act: Confirm, terse: int, *, keypad: bool) -> str:
        if keypad:
            how = "Если верно, нажмите 1, если нет, 2."
        elif terse == 0:
            how = "Ответьте ДА или пришлите другое число."
        else:
            how = "ДА или пришлите заново."
        serial = self.tail(act.meter.serial)
        given, proposed = self.values(act.meter), self.values(act.meter, act.proposed)
        if act.code is Code.SWAPPED:
            if act.meter.resource.is_water:
                water = self.resources[act.meter.resource]
                what = f"Похоже, горячая и холодная переставлены. Записать {water} {proposed}?"
            elif len(act.meter.zones) == 2:
                what = f"Похоже, день и ночь переставлены. Записать {proposed}?"
            else:
                what = f"Похоже, показания переставлены. Записать {proposed}?"
            return f"{what} {how}".replace("другое число", "заново")
        if act.code is Code.DECIMAL:
            return f"{given}: похоже, лишние цифры, красные после запятой. Записать {proposed}? {how}"
        if act.code is Code.ROLLOVER:
            return f"{given} меньше прошлого. Счётчик {serial} прошёл через ноль? {how}"
        return f"{self._how_much(act, given)} Всё верно? {how}"

    def _how_much(self, act: Confirm, given: str) -> str:
        shown = act.meter
        if not shown.used or not shown.since:
            return f"{given} по счётчику {self.tail(shown.serial)} — это необычно много."
        often = act.times or 0
        times = f", в {often} {_form(often, 'раз', 'раза', 'раз')} больше обычного" if often > 1 else ""
        return f"{given} — это {self.used(shown)} с {self.day(shown.since)}{times}."

    def is_reading(self, act: IsReading, *, keypad: bool) -> str:
        how = "нажмите 1" if keypad else "ответьте ДА"
        return f"{self.values(act.meter)} — это показание счётчика {self.tail(act.meter.serial)}? Если да, {how}."

    def ask(self, act: Ask, terse: int) -> str:
        match act.problem:
            case Problem.NO_ACCOUNT:
                return "Пришлите номер счёта и показание. Номер вверху квитанции. Например: 700700700 5120"
            case Problem.WHICH_ACCOUNT:
                return self._which_account(act)
            case Problem.NO_VALUE:
                return f"Счёт {act.account} нашли. Пришлите показания, например: {self._example(act)}"
            case Problem.MISSING:
                return self._missing(act)
            case Problem.WHICH_METER | Problem.SEVERAL_MEANINGS:
                return self._which_meter(act, terse)
            case Problem.UNFIT if [len(meter.zones) > 1 for meter in act.meters] == [True]:
                return f"Такого показания на счёте нет. {self._missing(act)}"
            case Problem.UNFIT if act.meters:
                listed = self.choices(act.meters)
                return f"Такого счётчика на счёте нет. У вас: {listed}. Пришлите, например: {self._named_example(act)}"
            case Problem.NO_METER | Problem.UNFIT:
                return f"По счёту {act.account} у нас нет счётчика. Ответьте «оператор», разберёмся."
            case _:
                example = self._example(act)
                return f"Чисел больше, чем у счётчиков показаний. Пришлите счёт и показания, например: {example}"

    @staticmethod
    def _which_account(act: Ask) -> str:
        accounts = act.accounts[:3]
        listed = " и ".join((", ".join(accounts[:-1]), accounts[-1]) if len(accounts) > 1 else accounts)
        count = {2: "два счёта", 3: "три счёта"}.get(len(act.accounts), "несколько счетов")
        return f"К этому номеру привязаны {count}: {listed}. Пришлите счёт и показание: {accounts[-1]} 905"

    def _missing(self, act: Ask) -> str:
        (meter,) = act.meters[:1]
        names = [self.zone(zone, len(meter.zones)) for zone in meter.zones]
        wanted = " и ".join((", ".join(names[:-1]), names[-1]))
        example = " ".join(("8242", "3104", "1250")[: len(names)])
        return (
            f"У счётчика {self.tail(meter.serial)} {_HOW_MANY.get(len(names), 'несколько показаний')}. "
            f"Пришлите {wanted}, например: {example}"
        )

    def _which_meter(self, act: Ask, terse: int) -> str:
        which = "Не поняли, к какому счётчику показание."
        if terse < 2 and act.meters:
            which = f"{which} У вас: {self.choices(act.meters)}."
        return f"{which} Назовите его, например: {self._named_example(act)}"

    def _example(self, act: Ask) -> str:
        if len(act.meters) == 1:
            (meter,) = act.meters
            several = " ".join(("8242", "3104", "1250")[: len(meter.zones)])
            return several if len(meter.zones) > 1 else _EXAMPLES[meter.resource].partition(" ")[2]
        return self._named_example(act)

    def _named_example(self, act: Ask) -> str:
        """A value with what tells its meter apart: a word, or the serial where two measure the same."""
        if self.share_a_resource(act.meters):
            meter = act.meters[0]
            return f"{meter.serial} {_EXAMPLES[meter.resource].partition(' ')[2]}"
        return " ".join(_EXAMPLES[meter.resource] for meter in act.meters[:2]) or _EXAMPLES[Resource.ELECTRICITY]

    def closed(self, act: Closed, terse: int) -> str:
        what = f"{act.title} принимает показания {self.days(act.first_day, act.last_day)} число."
        if act.withdrawn:
            since = f" с {self.day(act.since)}" if act.since and terse == 0 else ""
            what = f"{act.title}{since} больше не принимает показания."
        if act.ahead and act.since:
            what = f"{act.title} с {self.day(act.since)} не будет принимать показания."
        why = self.sentence(act.why) if terse == 0 else ""
        until = f" до {self.day(act.until)}" if act.until and terse < 2 else ""
        ways = self.ways(act.ways, terse)
        how = f"Отправьте так{until}: {ways}." if ways else "Позвоните нам."
        return " ".join(filter(None, (what, why, how, self.sentence(act.note) if terse == 0 else "")))

    def days(self, first: int, last: int) -> str:
        return f"с {first} по {last}"

    def balance(self, act: Balance) -> str:
        return " ".join(self._balance_of(account, owed) for account, owed in act.accounts)

    @staticmethod
    def _balance_of(account: str, owed: int) -> str:
        if owed > 0:
            return f"Счёт {account}: к оплате {roubles(owed).replace('.', ',')} ₽."
        if owed < 0:
            return f"Счёт {account}: переплата {roubles(-owed).replace('.', ',')} ₽."
        return f"Счёт {account}: всё оплачено."

    def cancelled(self, act: Cancelled) -> str:
        counts = self.counting(act.meters, act.counts)
        what = f"Отменили {self.meters(act.meters, 1)} за {self.month(act.period)}."
        if counts:
            return f"{what} Теперь за {self.month(act.period)} считается {counts}. Неверно? Пришлите заново."
        return f"{what} Пришлите верные показания, когда сможете."

    def owner_told(self, act: OwnerTold, terse: int) -> str:
        month = self.month(act.period)
        done = "отменил свои" if act.cancelled else "передал"
        if not act.meters:
            return (
                f"По счёту {act.account} кто-то {done} показания за {month}. Канал: {act.through}. "
                "Если это не вы и не ваши близкие, ответьте «оператор»."
            )
        if terse == 2:
            return f"Счёт {act.account}: кто-то {done} {self.meters(act.meters, 2)}. Не вы? Пришлите верное."
        before = () if act.cancelled else act.before
        values = self.each(act.meters, before or ((),) * len(act.meters), "вместо")
        counts = self.counting(act.meters, act.before) if act.cancelled else ""
        now = f" Теперь считается {counts}." if counts else ""
        if terse == 1:
            told = f"Счёт {act.account}: кто-то {done} за {month} ({act.through}) {values}.{now}"
            return f"{told} Не вы? Пришлите верное или «оператор»."
        until = f" до {self.day(act.until)}" if act.until else ""
        return (
            f"По счёту {act.account} кто-то {done} показания за {month}: {values}. Канал: {act.through}.{now} "
            f"Если это не вы и не ваши близкие, пришлите верные{until} или ответьте «оператор»."
        )

    def link_told(self, act: LinkTold, terse: int) -> str:
        what = f"чат ({act.through})" if act.linked is Linked.CHAT else _LINKED[act.linked]
        if terse:
            return f"К счёту {act.account} привязали ещё один {what}. Не вы? Ответьте «оператор»."
        return (
            f"К счёту {act.account} привязали ещё один {what}: оттуда теперь видны показания и долг. "
            "Если это не вы и не ваши близкие, ответьте «оператор», отвяжем."
        )

    def code_answer(self, act: CodeAnswer, terse: int) -> str:
        said = _CODE_ANSWERS[act.came]
        return said[min(terse, len(said) - 1)].format(account=act.account)

    def contact_answer(self, act: ContactAnswer, terse: int) -> str:
        accounts = self.several(act.accounts)
        match act.came:
            case ContactCame.LINKED:
                return f"Готово, узнали вас: {accounts}. Теперь присылайте только показания, счёт писать не нужно."
            case ContactCame.ALREADY:
                return f"Мы вас уже узнаём: {accounts}. Присылайте показания, счёт писать не нужно."
            case ContactCame.NOT_ON_FILE if terse:
                return "Этого телефона нет в договорах. Пришлите счёт и код с квитанции."
            case ContactCame.NOT_ON_FILE:
                return (
                    "Этого телефона нет ни в одном договоре. Пришлите номер счёта и код с квитанции, из строки "
                    "«Чтобы мы узнавали вас». Показания принимаем и без этого."
                )
        how = f"Нажмите «{self.contact_button}»" if act.offer else "Пришлите номер счёта и код с квитанции"
        return f"Не можем проверить, что это ваш номер. {how}."

    @staticmethod
    def several(accounts: Sequence[str]) -> str:
        return f"{'счета' if len(accounts) > 1 else 'счёт'} {', '.join(accounts)}"

    def not_linked(self, act: NotLinked, terse: int) -> str:
        what = "Напомним" if act.to_remind else "Покажем"
        if act.offer and not terse:
            return (
                f"{what}, когда узнаем вас. Нажмите «{self.contact_button}», если этот телефон есть в договоре, "
                "или пришлите номер счёта и код с квитанции, из строки «Чтобы мы узнавали вас»."
            )
        if terse:
            return f"{what}, когда узнаем вас: напишите с телефона из договора или пришлите код с квитанции."
        return (
            f"{what}, когда узнаем вас. Напишите с телефона или почты из договора "
            "или пришлите номер счёта и код с квитанции, из строки «Чтобы мы узнавали вас»."
        )

    def see_on_page(self, act: SeeOnPage) -> str:
        pages = [f"счёт {account}: {page}" for account, page in act.pages if page]
        why = "Показать это здесь нам не разрешает закон о мессенджерах. " if act.may_not else ""
        if not pages:
            return f"{why}Откройте страницу счёта по QR-коду на квитанции или позвоните нам."
        return f"{why}Долг, начисления и показания видны на странице: {'; '.join(pages)}"

    def reminder_answer(self, act: ReminderAnswer) -> str:
        if act.first_day:
            days = self.days(act.first_day, act.last_day)
            return f"Показания ждём {days} число. Выберите день из них, например: напоминать {act.first_day}"
        if act.day is None:
            return "Хорошо, напоминать не будем. Вернуть: напоминать."
        return f"Напомним {act.day}-го числа, если показаний ещё не будет. Перестать: не напоминать."

    def history(self, act: History, terse: int) -> str:
        if not act.meters:
            return "Показаний пока нет. Пришлите первое: счёт и число."
        return "\n".join(("Показания по месяцам.", *self.by_month(act, terse)))

    def last_readings(self, act: LastReadings) -> str:
        if not act.meters:
            return "Показаний пока нет. Пришлите первое: счёт и число."
        return "Последние показания: " + "; ".join(self._last_of(shown) for shown in act.meters) + "."

    def _last_of(self, shown: Shown) -> str:
        when = f" от {self.day(shown.since)}" if shown.since else ""
        return f"{self._named(shown)} {self.values(shown)}{when}"

    def saying(self, act: Say) -> str:
        days = f"{self.days(act.first_day, act.last_day)} число"
        return _SAYINGS[act.saying].format(days=days)


#: The whole answer, and what is left of it where there is little room.
_CODE_ANSWERS = {
    CodeCame.LINKED: (
        "Готово: теперь мы узнаём вас. Счёт {account} привязан: спросите «баланс» или просто пришлите показание.",
        "Готово, узнаём вас: счёт {account}.",
    ),
    CodeCame.ALREADY: (
        "Мы вас уже узнаём: счёт {account} привязан. Спросите «баланс» или просто пришлите показание.",
        "Уже узнаём вас: счёт {account}.",
    ),
    CodeCame.WRONG: (
        (
            "Код не подошёл. Он на квитанции в строке «Чтобы мы узнавали вас», 12 цифр. "
            "Пришлите счёт и код из самой новой, например: 700700700 код 1234-5678-9012"
        ),
        "Код не подошёл. На квитанции он в строке «Чтобы мы узнавали вас». Пришлите так: 700700700 код 1234-5678-9012",
        "Код не подошёл.",
    ),
    CodeCame.OLDER: (
        (
            "Это код прошлой квитанции. Возьмите самую новую и пришлите счёт и код из неё, например: "
            "700700700 код 1234-5678-9012"
        ),
        "Это код прошлой квитанции. Нужен из самой новой.",
    ),
    CodeCame.REVOKED: (
        "Этот код больше не действует. Возьмите код из следующей квитанции или ответьте «оператор».",
        "Этот код больше не действует.",
    ),
    CodeCame.TOO_MANY: (
        "Слишком много неверных кодов. Попробуйте завтра или позвоните нам. Показания принимаем и без кода.",
        "Слишком много неверных кодов, попробуйте завтра.",
    ),
    CodeCame.NO_ACCOUNT: (
        "Пришлите номер счёта и код вместе, как на квитанции, например: 700700700 код 1234-5678-9012",
        "Пришлите счёт и код вместе.",
    ),
    CodeCame.NOT_HERE: (
        "Отсюда привязать счёт нельзя: мы не видим, кто пишет. Отправьте код с телефона или из мессенджера.",
        "Отсюда привязать счёт нельзя.",
    ),
}

_SAYINGS = {
    Saying.HELP: "Пришлите счёт и показание, например: 700700700 5120. Ждём их {days}. Отменить: отмена. "
    "Узнать долг: баланс.",
    Saying.WELCOME: "Здравствуйте. Пришлите номер счёта и показание, например: 700700700 5120. Номер вверху квитанции.",
    Saying.WELCOME_KNOWN: "Здравствуйте. Пришлите показание, например: 5120. Ждём {days}. Узнать долг: баланс.",
    Saying.UNKNOWN: "Не нашли здесь показаний. Пришлите счёт и показание, например: 700700700 5120. Подсказка: помощь",
    Saying.UNKNOWN_AGAIN: "Снова не нашли здесь показаний, сообщение прочтёт сотрудник. Показания пишите так: "
    "700700700 5120",
    Saying.TOO_LONG: "Сообщение слишком длинное, его прочтёт сотрудник. Быстрее так: 700700700 5120",
    Saying.NOTHING_OPEN: "Мы сейчас ни о чём не спрашивали. Пришлите счёт и показание, например: 700700700 5120",
    Saying.NOT_TAKEN: "Хорошо, не записали. Пришлите верные показания.",
    Saying.NOTHING_TO_CANCEL: "Отменять нечего: ваших показаний за этот месяц, которые ещё можно отменить, нет.",
    Saying.QUESTION_DROPPED: "Хорошо, вопрос сняли, ничего не записали.",
    Saying.IS_IT_A_READING: "Если это показание, пришлите его со словом: показание 5120. "
    "Если вопрос, напишите: оператор",
    Saying.OPERATOR: "Передали сотруднику, он ответит. Показания можно прислать и без него: счёт и число.",
    Saying.THANKS: "Пожалуйста. Спасибо, что пишете нам.",
    Saying.STILL_ASKING: "Ждём ответа на наш вопрос: ДА, НЕТ или верное число.",
    Saying.NEW_METER: "О новом счётчике передали сотруднику. "
    "Если это показание прежнего, пришлите счёт и число без пояснений.",
    Saying.LANGUAGE: "Дальше по-русски.",
    Saying.ASKED_AGAIN: "Вы ещё не ответили.",
    Saying.PHOTO: "Фото сохранили, его посмотрит сотрудник. Быстрее числом: пришлите счёт и показание, "
    "например: 700700700 5120",
    Saying.PHOTO_OF_OURS: "Фото сохранили. Какие на нём цифры? Пришлите их, например: 5120. "
    "Если не пришлёте, фото прочтёт сотрудник.",
    Saying.STOPPED: "Больше не пишем вам сюда первыми. На ваши сообщения ответим, как прежде. "
    "Вернуть: напишите «старт».",
    Saying.GOING_ON: "Снова пишем вам сюда: о счетах, переменах и сроках. Перестать: напишите «стоп».",
    Saying.NOT_HANDLED: "Сообщение сохранили, но из-за сбоя у нас не обработали. Его прочтёт сотрудник, "
    "отправлять ещё раз не нужно.",
}
