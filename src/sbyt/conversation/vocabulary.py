"""The words that mean something to a meter desk."""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass

from sbyt.core.resources import Resource


@dataclass(frozen=True, slots=True)
class Tag:
    """What a word says about the values beside it: which resource, which register, which of several meters.

    ``zone`` is T1, T2, T3 or day, night, peak, half: what a name means depends on the meter. ``serial`` is the key of a
    meter. ``preferred``: the first of the resources that the account has.
    """

    resources: tuple[Resource, ...] = ()
    zone: str = ""
    ordinal: int = 0
    serial: str = ""
    preferred: bool = False


#: Nothing said.
NO_TAG = Tag()


class Label(enum.Enum):
    """What a word says about the number after it."""

    ACCOUNT = enum.auto()
    METER = enum.auto()
    READING = enum.auto()
    ASIDE = enum.auto()  # money, the previous value, the use: no reading
    DOCUMENT = enum.auto()  # «заявление 325», «код 4425»: no value, whatever it is
    MONTH = enum.auto()
    NUMBER = enum.auto()  # «номер»: keeps the label before it, and says that a number of it follows
    FILLER = enum.auto()  # «за», «мой»: keeps the label before it


class Intent(enum.Enum):
    """What a message without a reading wants."""

    HELP = enum.auto()
    START = enum.auto()
    BALANCE = enum.auto()
    YES = enum.auto()
    NO = enum.auto()
    CANCEL = enum.auto()
    ENGLISH = enum.auto()
    RUSSIAN = enum.auto()
    QUESTION = enum.auto()
    OPERATOR = enum.auto()
    LAST = enum.auto()


_E, _H, _C, _G, _Q = (
    Resource.ELECTRICITY,
    Resource.HOT_WATER,
    Resource.COLD_WATER,
    Resource.GAS,
    Resource.HEAT,
)
_HOT_LETTER = Tag((_H, _G), preferred=True)
_COLD, _HOT, _WATER = Tag((_C,)), Tag((_H,)), Tag((_C, _H))
_POWER, _GAS, _HEAT = Tag((_E,)), Tag((_G,)), Tag((_Q,))
_DAY, _NIGHT, _PEAK, _HALF = (Tag((), zone) for zone in ("day", "night", "peak", "half"))

_WORDS: dict[str, Tag | Label | Intent] = {}


def _mean(meaning: Tag | Label | Intent, words: str) -> None:
    _WORDS.update(dict.fromkeys(words.split(), meaning))


_mean(_COLD, "х хв хвс хол х/в хв/с х.в хол/в хол.в хол/вода hvs xvs hv cold")
_mean(_HOT, "гв гвс гор г/в гв/с г.в гор/в гор.в гор/вода gvs gv hot")
_mean(_HOT_LETTER, "г")
_mean(_WATER, "вода воды воде воду водомер водомеры water")
_mean(
    _POWER, "э эл эл-во эл/эн эл.эн эл/энергия эл-энергия ээ э/э э.э эс эл.эн свет света свету light electricity power"
)
_mean(_GAS, "газ газа газу gaz gas")
_mean(_HEAT, "тепло тепла heat heating")
_mean(_DAY, "д день дн дня днем day")
_mean(_NIGHT, "н ночь ноч нч ночи ночью night")
_mean(_PEAK, "пик пика peak")
_mean(_HALF, "пп п/п п.п п/пик п-пик half-peak halfpeak")
_mean(Label.ACCOUNT, "лс л/с л.с лиц лиц/сч лиц/счет лицсчет лицсч счет счета счету account acc ls")
_mean(Label.METER, "пу ипу п/у сч-к с/н зав зав.н sn meter прибор прибора приборы")
_mean(Label.READING, "пок показ тек стало сейчас новые новое reading readings now current данные показ-я пок-я")
_mean(
    Label.ASIDE,
    "пред предыд было ранее итого всего сальдо долг долга долгу баланс разница previous was used"
    " usage внес внесла платеж платежа оплата сумма сумму сумме пеня пени",
)
_mean(
    Label.DOCUMENT,
    "вх исх акт акта код кода пароль чек чека паспорт инн снилс договор договора договору дог заявка заявке обращение"
    " обращения пломба пломбы пломбу code password contract",
)
_mean(Label.MONTH, "янв фев мар апр мая май мае авг сен сент окт ноя нояб дек")
_mean(Label.NUMBER, "номер номером н-р ном no number")
_mean(
    Label.FILLER,
    "сч за на от по с и а в у к о об до мой моя мои мое наш наша ваш это мы я"
    " равно составляет составили number is of the and for is are my абонент абонента абонентский",
)
_mean(Intent.HELP, "помощь помогите справка help инструкция меню menu /help команды ?")
_mean(Intent.START, "/start start старт начать /menu")
_mean(Intent.BALANCE, "баланс balance долг задолженность сальдо должен должна задолжность /balance")
_mean(Intent.YES, "да ага угу верно правильно подтверждаю подтвердить согласен согласна yes yep ок ok окей +")
_mean(Intent.NO, "нет неверно неправильно не no nope -")
_mean(Intent.CANCEL, "отмена отменить отмени отмените cancel undo /cancel")
_mean(Intent.ENGLISH, "english /en английский")
_mean(Intent.RUSSIAN, "русский russian /ru")
_mean(
    Intent.QUESTION,
    "почему зачем когда сколько откуда куда где кто какой какая какие каким как why when how what where",
)
_mean(Intent.OPERATOR, "оператор оператора оператору оператором человек специалист operator жалоба")

_mean(Intent.LAST, "последние последнее последний история history last /history")

#: Longer words by how they begin.
_STEMS: tuple[tuple[str, Tag | Label | Intent], ...] = (
    ("холод", _COLD),
    ("горяч", _HOT),
    ("электр", _POWER),
    ("elektr", _POWER),
    ("electr", _POWER),
    ("газов", _GAS),
    ("отоплен", _HEAT),
    ("тепло", _HEAT),
    ("теплов", _HEAT),
    ("водоснаб", _WATER),
    ("дневн", _DAY),
    ("ночн", _NIGHT),
    ("пиков", _PEAK),
    ("полупик", _HALF),
    ("лицев", Label.ACCOUNT),
    ("счетчик", Label.METER),
    ("счётчик", Label.METER),
    ("заявлен", Label.DOCUMENT),
    ("заводск", Label.METER),
    ("серийн", Label.METER),
    ("водомер", _WATER),
    ("показан", Label.READING),
    ("показн", Label.READING),
    ("текущ", Label.READING),
    ("предыдущ", Label.ASIDE),
    ("прошл", Label.ASIDE),
    ("начальн", Label.ASIDE),
    ("расход", Label.ASIDE),
    ("израсход", Label.ASIDE),
    ("потребл", Label.ASIDE),
    ("начисл", Label.ASIDE),
    ("насчит", Label.ASIDE),
    ("оплат", Label.ASIDE),
    ("заплат", Label.ASIDE),
    ("платил", Label.ASIDE),
    ("перевел", Label.ASIDE),
    ("перерасч", Label.ASIDE),
    ("задолж", Intent.BALANCE),
    ("количеств", Label.ASIDE),
    ("площад", Label.ASIDE),
    ("январ", Label.MONTH),
    ("феврал", Label.MONTH),
    ("март", Label.MONTH),
    ("апрел", Label.MONTH),
    ("июн", Label.MONTH),
    ("июл", Label.MONTH),
    ("август", Label.MONTH),
    ("сентябр", Label.MONTH),
    ("октябр", Label.MONTH),
    ("ноябр", Label.MONTH),
    ("декабр", Label.MONTH),
    ("отмен", Intent.CANCEL),
    ("баланс", Intent.BALANCE),
)

#: Latin letters typed for the Cyrillic ones that look like them.
_TO_CYRILLIC = str.maketrans("abcehkmoptxyu", "авсенкмортхуи")


@functools.lru_cache(maxsize=50_000)
def meaning(word: str) -> Tag | Label | Intent | None:
    """What a folded word means to a meter desk, in whichever alphabet its letters were typed; None if nothing."""
    found = _lookup(word)
    if found is None and not word.isascii():
        found = _lookup(word.translate(_TO_CYRILLIC))
    if found is None and len(word) <= 4:
        found = _lookup(word.translate(_TO_CYRILLIC))
    return found


def _lookup(word: str) -> Tag | Label | Intent | None:
    if word in _WORDS:
        return _WORDS[word]
    if len(word) >= 5:
        for stem, meant in _STEMS:
            if word.startswith(stem):
                return meant
    return None
