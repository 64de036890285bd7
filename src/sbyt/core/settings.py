"""The schema of ``sbyt.toml``: what an installation is. Loaded by ``config``; secrets come from the environment."""

from __future__ import annotations

import calendar
import datetime as dt
import enum
import functools
import re
import zoneinfo
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sbyt.core.identifiers import email_address, phone_number
from sbyt.core.money import kopecks
from sbyt.core.resources import Resource

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), Field(description="непустой текст в кавычках")
]
Day = Annotated[int, Field(strict=True, ge=1, le=31, description="день месяца, целое число от 1 до 31")]
Months = Annotated[int, Field(strict=True, ge=0, le=36, description="целое число месяцев, от 0 до 36")]
Volume = Annotated[int, Field(strict=True, ge=0, description="целое число кВт·ч, м³ или Гкал, не меньше 0")]
Count = Annotated[int, Field(strict=True, ge=1, description="целое число, не меньше 1")]
Hour = Annotated[int, Field(strict=True, ge=0, le=23, description="час дня, целое число от 0 до 23")]


def _figures(*lengths: int) -> Callable[[str], str]:
    """Accept a text of exactly so many figures, any of the lengths given."""

    def check(text: str) -> str:
        if len(text) not in lengths or not re.fullmatch(r"[0-9]+", text):
            raise ValueError("цифр должно быть " + " или ".join(map(str, lengths)))
        return text

    return check


def _phone(text: str) -> str:
    # A retailer may also have a short number of a few figures, which no numbering plan lists.
    if not re.fullmatch(r"[0-9]{3,6}", text) and phone_number(text) is None:
        raise ValueError("номер телефона, например 8 800 100-00-00")
    return text


def _price(given: object) -> int:
    amount = kopecks(given) if isinstance(given, str) else -1
    if amount < 0:
        raise ValueError("рубли в кавычках")
    return amount


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ValueError("адрес, с которого начинаются страницы, например https://lk.example.org")
    return text.rstrip("/")


def _email(text: str) -> str:
    if email_address(text) is None:
        raise ValueError("адрес электронной почты, например help@example.org")
    return text


def _mobile(text: str) -> str:
    if (found := phone_number(text)) is None:
        raise ValueError("номер телефона, например +7 912 000-00-00")
    return found


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values don't change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bank(Section):
    """Where customers pay to (the payment document, decree 354, paragraph 69).

    ``recipient``: how the bank knows the company, where that is not ``company.name``.
    """

    name: Annotated[Text, Field(max_length=45, description="непустой текст в кавычках, не длиннее 45 знаков")]
    recipient: Annotated[Text, Field(max_length=160, description="текст в кавычках, не длиннее 160 знаков")] | None = (
        None
    )
    bic: Annotated[str, AfterValidator(_figures(9)), Field(description="9 цифр в кавычках")]
    account: Annotated[str, AfterValidator(_figures(20)), Field(description="20 цифр в кавычках")]
    correspondent_account: Annotated[
        str, AfterValidator(_figures(20, 1)), Field(description='20 цифр в кавычках или "0", если его нет')
    ] = "0"
    inn: Annotated[str, AfterValidator(_figures(10, 12)), Field(description="10 или 12 цифр в кавычках")]
    kpp: Annotated[str, AfterValidator(_figures(9)), Field(description="9 цифр в кавычках")] | None = None


class Company(Section):
    """Who the retailer is and how customers reach it."""

    name: Text = "Энергосбыт"
    address: Text | None = None
    site: Text | None = None
    email: Annotated[Text, AfterValidator(_email)] | None = None
    phones: tuple[Annotated[Text, AfterValidator(_phone)], ...] = Field(
        default=(), description="список текстов в квадратных скобках"
    )
    bank: Bank | None = None


class Window(Section):
    """The days of the month in which readings are asked for, both inclusive."""

    first_day: Day = 18
    last_day: Day = 25

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if self.first_day > self.last_day:
            raise ValueError(f"first_day ({self.first_day}) не может быть позже last_day ({self.last_day})")
        return self

    def closes(self, day: dt.date) -> dt.date:
        """The last day on which readings count for the month that holds this day."""
        days = calendar.monthrange(day.year, day.month)[1]
        return day.replace(day=min(self.last_day, days))


class Estimates(Section):
    """Limits of the average (decree 354, paragraphs 59 and 60; billing rule 6)."""

    average_of_months: Annotated[Months, Field(ge=1, description="целое число месяцев, от 1 до 36")] = 6
    least_months: Annotated[Months, Field(ge=1, description="целое число месяцев, от 1 до 36")] = 3
    average_periods: Months = 3

    @model_validator(mode="after")
    def _in_order(self) -> Estimates:
        if self.least_months > self.average_of_months:
            raise ValueError(
                f"least_months ({self.least_months}) не может быть больше average_of_months ({self.average_of_months})"
            )
        return self


class PerMonth(Section):
    """Volumes a month by resource, in m3 or Gcal."""

    hot_water: Volume
    cold_water: Volume
    gas: Volume
    heat: Volume

    def of(self, resource: Resource) -> int:
        return int(getattr(self, resource))


class PerResource(PerMonth):
    """Volumes by resource, in kWh, m3 or Gcal."""

    electricity: Volume


class Limits(NamedTuple):
    """The checks' volumes for one resource, in kWh, m3 or Gcal."""

    most_a_month: int
    high_from: int
    high_without_average: int


class Checks(Section):
    """When a value is doubted (docs/rules.md, checks). Volumes in kWh, m3 or Gcal."""

    high_times_average: Count = 5
    electricity_kw: Count = 15
    most_a_month: PerMonth = PerMonth(hot_water=100, cold_water=100, gas=2000, heat=20)
    high_from: PerResource = PerResource(electricity=100, hot_water=10, cold_water=10, gas=10, heat=3)
    high_without_average: PerResource = PerResource(electricity=2000, hot_water=30, cold_water=30, gas=500, heat=5)

    @functools.cached_property
    def _by_resource(self) -> dict[Resource, Limits]:
        return {
            resource: Limits(
                0 if resource is Resource.ELECTRICITY else self.most_a_month.of(resource),
                self.high_from.of(resource),
                self.high_without_average.of(resource),
            )
            for resource in Resource
        }

    def limits(self, resource: Resource) -> Limits:
        """What holds for one resource; electricity is limited by the hour, not by the month."""
        return self._by_resource[resource]


class Holds(Section):
    """Which bills are looked at before they are sent.

    Those charged more than so many times what the usual volume would have cost, by more than so many roubles; and those
    with more than so many roubles recalculated.
    """

    times: Count = 5
    over: Count = 5000


class Web(Section):
    """Where customers reach our pages: with it begin the links on bills and in messages."""

    address: Annotated[Text, AfterValidator(_address)] | None = None


class Receipts(Section):
    """How the bill looks on paper. ``folder``: the company's own template, words and fonts (docs/receipts.md)."""

    folder: Annotated[Text, Field(description="путь к папке в кавычках")] | None = None
    fonts: Annotated[tuple[Text, ...], Field(min_length=1, description="список названий шрифтов")] = (
        "Libertinus Serif",
    )


class Dialogue(Section):
    """How long a question stays open."""

    question_hours: Annotated[int, Field(strict=True, ge=1, le=240, description="целое число часов, от 1 до 240")] = 24


class Quiet(Section):
    """The hours, local time, in which only answers go out: from the first up to the second, also over midnight."""

    from_hour: Hour = 21
    to_hour: Hour = 9

    def holds(self, at: dt.datetime) -> bool:
        """Whether this local time is a quiet one; with both hours the same none is."""
        if self.from_hour <= self.to_hour:
            return self.from_hour <= at.hour < self.to_hour
        return at.hour >= self.from_hour or at.hour < self.to_hour


class Notice(Section):
    """What the notice to customers of the ways to hand in readings says in the company's own words.

    ``apology``: who apologises, and how; ``details``: where more is written. ``recommend``: the codes of the ways that
    are recommended, which are also named first; ``services``: what else can be done there. ``english``: how what the
    company says in Russian, here or of a way, is said in English.
    """

    apology: Text | None = None
    details: Text | None = None
    recommend: tuple[Text, ...] = Field(default=(), description="список кодов каналов и путей в квадратных скобках")
    services: Text | None = None
    english: dict[str, Text] = {}


class Reminders(Section):
    """Reminders of who has handed in no reading yet.

    ``on``: whether they are sent. ``day``: on which day of the month to those who chose none; None: not to them.
    """

    on: Annotated[bool, Field(strict=True, description="true или false")] = True
    day: Day | None = None


class MorningSettings(Section):
    """Which channels die on the morning that a demonstration plays, by their codes, and what customers read of it."""

    ended: Text
    why: Text
    footnote: Text | None = None
    unstable: Text
    unstable_why: Text | None = None


class Alarms(Section):
    """Who of the staff is told that a channel isn't well, and that it is again. Empty: only log and office say so."""

    emails: tuple[Annotated[Text, AfterValidator(_email)], ...] = Field(
        default=(), description="список адресов в квадратных скобках"
    )
    phones: tuple[Annotated[Text, AfterValidator(_mobile)], ...] = Field(
        default=(), description="список телефонов в квадратных скобках"
    )


class Demo(Section):
    """What only an installation for show has: nothing here belongs where real customers write."""

    simulator: Annotated[bool, Field(strict=True, description="true или false")] = False
    guide: Annotated[Text, Field(description="путь к файлу, который пишет sbyt demo")] | None = None
    morning: MorningSettings | None = None


class ChannelState(enum.StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    UNSTABLE = "unstable"
    WITHDRAWN = "withdrawn"

    @property
    def sign(self) -> str:
        """Shown beside the word: a state is never told by colour alone."""
        return {"planned": "○", "open": "✓", "unstable": "!", "withdrawn": "✗"}[self]


#: The states in which a way takes readings, is named, and carries what we say first.
USABLE = (ChannelState.OPEN, ChannelState.UNSTABLE)


class WaySettings(Section):
    """One way to hand in a reading: how it is called, where it is reached, on which days of the month."""

    title: Text
    address: Text | None = None
    state: ChannelState = ChannelState.OPEN
    since: dt.date | None = None
    why: Text | None = None
    note: Text | None = None
    footnote: Text | None = None  # what must be told wherever its name is, as of a forbidden organisation
    first_day: Day = 1
    last_day: Day = 31

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first_day > self.last_day:
            raise ValueError(f"first_day ({self.first_day}) не может быть позже last_day ({self.last_day})")
        return self

    @property
    def is_named(self) -> bool:
        """Whether customers are told of it."""
        return True

    def days_in(self, window: Window) -> tuple[int, int]:
        """The days of the month on which what it takes is awaited; its own where it takes nothing on those."""
        first, last = max(self.first_day, window.first_day), min(self.last_day, window.last_day)
        return (first, last) if first <= last else (self.first_day, self.last_day)


class ChannelSettings(WaySettings):
    """A way that is one of our channels: how it answers, what its senders are called by, how fast it may send.

    ``public``: customers are told of it. ``contact``: people there can share their own phone by a button. ``options``
    are the channel's own; config checks them by its schema.

    ``price`` is what a message costs in kopecks, for an SMS each part; None where nobody said.

    ``personal_data`` and ``payment_documents``: whether they may go this way. State-owned and some other companies may
    not send them through foreign messengers (149-FZ art. 10; 41-FZ of 2025): there a link is sent instead.
    """

    rendering: Literal["text", "short", "buttons", "keypad"] = "text"
    senders: Literal["phone", "email", "chat"] = "chat"
    per_second: Count | None = None
    price: (
        Annotated[int, BeforeValidator(_price), Field(description='рубли в кавычках, например "2.80", не меньше 0')]
        | None
    ) = None
    public: Annotated[bool, Field(strict=True, description="true или false")] = True
    personal_data: Annotated[bool, Field(strict=True, description="true или false")] = True
    payment_documents: Annotated[bool, Field(strict=True, description="true или false")] = True
    contact: Annotated[bool, Field(strict=True, description="true или false")] = False
    options: dict[str, Any] = {}

    @property
    def is_named(self) -> bool:
        return self.public


class Settings(Section):
    """The whole file. Every key has a default, so that an installation can be tried without one."""

    language: Literal["ru", "en"] = "ru"
    time_zone: Annotated[str, Field(description="часовой пояс из базы IANA, например Europe/Moscow")] = "Europe/Moscow"
    company: Company = Company()
    window: Window = Window()
    estimates: Estimates = Estimates()
    checks: Checks = Checks()
    holds: Holds = Holds()
    web: Web = Web()
    receipts: Receipts = Receipts()
    dialogue: Dialogue = Dialogue()
    quiet: Quiet = Quiet()
    reminders: Reminders = Reminders()
    alarms: Alarms = Alarms()
    channels: dict[str, ChannelSettings] = {}
    ways: dict[str, WaySettings] = {}
    notice: Notice = Notice()
    demo: Demo = Demo()

    @field_validator("ways")
    @classmethod
    def _named_apart(cls, ways: dict[str, WaySettings], info: ValidationInfo) -> dict[str, WaySettings]:
        for code in ways:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", code):
                raise ValueError(f"код {code!r}: нужны строчные латинские буквы, цифры и «_», не больше 32 знаков")
            if code in info.data.get("channels", {}):
                raise ValueError(f"код {code!r} уже у канала: измените [channels.{code}] или выберите другой код")
        return ways

    @field_validator("notice")
    @classmethod
    def _recommends_what_there_is(cls, notice: Notice, info: ValidationInfo) -> Notice:
        known = [*info.data.get("channels", {}), *info.data.get("ways", {})]
        for code in notice.recommend:
            if code not in known:
                raise ValueError(f"recommend: пути {code!r} нет; есть: {', '.join(known)}")
        return notice

    @field_validator("demo")
    @classmethod
    def _of_ours(cls, demo: Demo, info: ValidationInfo) -> Demo:
        for code in (demo.morning.ended, demo.morning.unstable) if demo.morning else ():
            if code not in info.data.get("channels", {}):
                raise ValueError(f"morning: канала {code!r} нет")
        return demo

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
            raise ValueError("нет такого часового пояса") from error
        return name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def address_of(self, way: WaySettings) -> str | None:
        """Where a way is reached: its own address, else the company's where it is nothing but its mail or telephone."""
        if way.address or not isinstance(way, ChannelSettings):
            return way.address
        if way.senders == "email":
            return self.company.email
        return next(iter(self.company.phones), None) if way.rendering == "keypad" else None
