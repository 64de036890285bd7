"""The words that mean something to a meter desk."""

from __future__ import annotations

import enum
import functools
import re
from dataclasses import dataclass

from sbyt.core.resources import Resource


@dataclass(slots=True, unsafe_hash=True)  # never changed; not frozen: that costs, and tags are made by the dozen
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
    NOT = enum.auto()  # «не 4425», «вместо 7800»: not this number
    ADDRESS = enum.auto()  # «адрес: Ухта, Мира 8-2»: houses and flats up to the end of the line
    MONTH = enum.auto()
    NUMBER = enum.auto()  # «номер»: keeps the label before it, and says that a number of it follows
    FILLER = enum.auto()  # «за», «мой»: keeps the label before it
    POLITE = enum.auto()  # «пожалуйста», «кухня»: says nothing of the number beside it


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
    WRONG = enum.auto()  # «неверно»: no, or about a number before it
    NOT_MINE = enum.auto()  # «удалите», «у соседа»: not to be taken
    NEW_METER = enum.auto()  # «поставили новый»: for staff
    HISTORY = enum.auto()
    BILL = enum.auto()  # «пришлите квитанцию»


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


_mean(_COLD, "х хв хвс хол х/в хв/с х.в хол/в хол.в хол/вода hvs xvs hv hol cold")
_mean(_HOT, "гв гвс гор г/в гв/с г.в гор/в гор.в гор/вода gvs gv gor hot")
_mean(_HOT_LETTER, "г")
_mean(_WATER, "вода воды воде воду водомер водомеры voda vody water")
_mean(
    _POWER,
    "э эл эл-во эл/эн эл.эн эл/энергия эл-энергия элек элект элекр э/энергия элэнергия ээ э/э э.э эс свет"
    " света свету svet light electricity power",
)
_mean(_GAS, "газ газа газу газовый газового газовому газовой газовая gaz gas")
_mean(_HEAT, "тепло тепла teplo heat heating")
_mean(_DAY, "д день дн дня днем днев ден den dnem day")
_mean(_NIGHT, "н ночь ноч нч ночи ночью ночн noch nochyu night")
_mean(_PEAK, "пик пика peak")
_mean(_HALF, "пп п/п п.п п/пик п-пик half-peak halfpeak")
_mean(Label.ACCOUNT, "лс л/с л.с лиц лиц/сч лиц/счет лицсчет лицсч счет счета счету account acc ls")
_mean(Label.METER, "сч пу ипу п/у сч-к с/н зав зав.н sn meter прибор прибора приборы")
_mean(
    Label.READING,
    "пок показ тек стало сейчас новые новое reading readings now current данные показ-я пок-я pokazaniya"
    " pokazania передаю передаем передала передал отправляю отправляем посылаю шлю высылаю сообщаю подаю сдаю"
    " примите прими снято снял сняла сняли снимал снимала записал записала",
)
_mean(
    Label.ASIDE,
    "пред предыд было ранее итого всего разница previous was used usage внес внесла платеж платежа сумма сумму"
    " сумме пеня пени верните деньги норма норматив мощность напряжение лимит доступно",
)
_mean(
    Label.DOCUMENT,
    "вх исх акт акта код кода kod пин pin otp пароль чек чека паспорт инн кпп огрн бик окпо р/с к/с снилс"
    " договор договора договору дог заявка заявки заявке заказ заказа обращение обращения пломба пломбы пломбу"
    " полис трек карта карты тариф тарифу тарифа доб телефон участок дата дату code password contract",
)
_mean(Label.ADDRESS, "адрес адресу адреса индекс проживаю проживающая проживающий живу address")
_mean(Label.NOT, "вместо")
_mean(Label.MONTH, "янв фев мар апр мая май мае авг сен сент окт ноя нояб дек")
_mean(Label.NUMBER, "номер номером номера н-р ном no number")
_mean(
    Label.FILLER,
    "за на от по с и а в у к о об до мой моя мои мое наш наша ваш это мы я с/у равно составляет составили"
    " number is of the and for is are my абонент абонента абонентский",
)
_mean(
    Label.POLITE,
    "привет спс спасибо пожалуйста пож плиз добрый доброе доброго вечер вечера утро утра hello hi thanks"
    " please прошу принять запишите запиши записать внесите внести передать сдать подать отправить хочу вот"
    " итак всем всё все еще ещё тоже также сегодня вчера месяц месяца этот эту текущего квартира квартиры кв"
    " дом дома город село поселок мне вас вам нас нам он она они его ее пишу пишет написал написала внучка"
    " внук сын дочь дочка мама маму маме мамы бабушка бабушку бабушки дедушка утром вечером утренние утреннее"
    " вечерние праздником состоянию получение ответить ответьте подтвердить перезвоните позвоните тел моб"
    " фото прилагаю итоговое итоговые изменений без какие-то примерно ровно только уже перепутала перепутал"
    " исправьте поправьте исправить фио фамилия имя хозяин хозяйка владелец собственник девушка девушки кухня"
    " кухне кухни ванная ванной ванна туалет санузел гараж баня коридор общий мкр ул улица жду ждем ответа"
    " удачи извините простите снова опять ой ах ошиблась ошибся опечатка правильное правильные верное верные"
    " квтч киловатт кубов куба кубометров м куб",
)
_mean(Intent.HELP, "помощь помогите справка help инструкция меню menu /help команды ?")
_mean(Intent.START, "/start start старт начать /menu")
_mean(Intent.BALANCE, "баланс balance долг долга долгу задолженность сальдо должен должна задолжность /balance")
_mean(
    Intent.YES,
    "да ага угу верно правильно подтверждаю подтвердить da согласен согласна точно конечно именно так записывайте"
    " записывай пишите yes yep ок ok окей +",
)
_mean(Intent.NO, "net нет не no nope -")
_mean(Intent.WRONG, "неверно неправильно неверны неправильные ошибочно wrong")
_mean(Intent.NOT_MINE, "удалите удали удалить чужие чужой соседа соседки соседей соседу сосед соседка")
_mean(Intent.NEW_METER, "новый нового установлен установили установлена замена замены заменили поменяли поставили")
_mean(Intent.CANCEL, "отмена отменить отмени отмените cancel undo /cancel")
_mean(Intent.ENGLISH, "english /en английский")
_mean(Intent.RUSSIAN, "русский russian /ru")
_mean(
    Intent.QUESTION,
    "почему зачем когда сколько откуда куда где кто какой какая какие каким как why when how what where",
)
_mean(Intent.OPERATOR, "оператор оператора оператору оператором человек специалист operator жалоба")
_mean(Intent.LAST, "последние последнее последний last")
_mean(Intent.HISTORY, "история историю history /history")
_mean(Intent.BILL, "/bill bill квиток")

#: Words of thanks.
THANKS = frozenset(["спасибо", "спс", "благодарю", "благодарим", "thanks"])

#: Longer words by how they begin.
_STEMS: tuple[tuple[str, Tag | Label | Intent], ...] = (
    ("холод", _COLD),
    ("holod", _COLD),
    ("gorya", _HOT),
    ("опломб", Intent.NEW_METER),
    ("горяч", _HOT),
    ("электр", _POWER),
    ("elektr", _POWER),
    ("electr", _POWER),
    ("отоплен", _HEAT),
    ("тепло", _HEAT),
    ("теплов", _HEAT),
    ("водоснаб", _WATER),
    ("дневн", _DAY),
    ("ночн", _NIGHT),
    ("пиков", _PEAK),
    ("полупик", _HALF),
    ("tarif", Label.DOCUMENT),
    ("здравс", Label.POLITE),
    ("приветств", Label.POLITE),
    ("просьб", Label.POLITE),
    ("свидан", Label.POLITE),
    ("стары", Label.ASIDE),
    ("здрас", Label.POLITE),
    ("благодар", Label.POLITE),
    ("уважаем", Label.POLITE),
    ("квартир", Label.POLITE),
    ("лицев", Label.ACCOUNT),
    ("schetch", Label.METER),
    ("счетчик", Label.METER),
    ("щетчик", Label.METER),
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
    ("оплач", Label.ASIDE),
    ("переплат", Label.ASIDE),
    ("квитанц", Label.DOCUMENT),
    ("подтвержден", Label.DOCUMENT),
    ("постановлен", Label.DOCUMENT),
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
_TO_CYRILLIC = str.maketrans("abcehkmoptxyuъ", "авсенкмортхуиь")


@functools.lru_cache(maxsize=50_000)
def meaning(word: str) -> Tag | Label | Intent | None:
    """What a folded word means to a meter desk, in whichever alphabet and with whichever slip it was typed."""
    cyrillic = word.translate(_TO_CYRILLIC) if not word.isascii() or len(word) <= 4 else word
    for spelled in dict.fromkeys((word, cyrillic)):
        found = _lookup(spelled)
        if found is not None:
            return found
    return _misspelled(cyrillic)


def _lookup(word: str) -> Tag | Label | Intent | None:
    if word in _WORDS:
        return _WORDS[word]
    if len(word) >= 5:
        for stem, meant in _STEMS:
            if word.startswith(stem):
                return meant
    return None


def _misspelled(word: str) -> Tag | Label | None:
    """A longer word that begins like one of ours but for a letter: «гарячая», «счотчик», «показаня»."""
    if len(word) < 6:
        return None
    for stem, meant in _STEMS:
        if len(stem) >= 5 and isinstance(meant, Tag | Label) and _one_slip(word, stem):
            return meant
    return None


def _one_slip(word: str, stem: str) -> bool:
    """Whether the word begins with the stem but for one letter changed, left out, doubled or exchanged."""
    at = next((at for at, (typed, meant) in enumerate(zip(word, stem, strict=False)) if typed != meant), None)
    if not at:
        return False  # the first letter is rarely the wrong one
    rest = stem[at:]
    return (
        word[at + 1 :].startswith(rest[1:])
        or (len(rest) > 2 and word[at:].startswith(rest[1:]))
        or word[at + 1 :].startswith(rest)
        or word[at:].startswith(rest[1:2] + rest[:1] + rest[2:])
    )


#: How Russian surnames and patronymics end.
_NAME = re.compile(
    r".{2,}(?:[оеё]в(?:а|у|ой|ым|ых)?|[сц]к(?:ий|ая|ой)|ко|[юу]к|[ое]вич|ич|[ое]вна|ична|ян|дзе|[ыи]х|ец|швили)"
)
_NUMERAL = re.compile(
    r"ноль|од(?:ин|на|но)|дв[ае]|тр[ие]|четыре|пять|шесть|семь|восемь|девять|десять|сорок|сто|двести|девяносто|тысяч[аи]?"
    r"|(?:[а-я]+)(?:надцать|дцать|десят|ста|сот)"
)
_FIRST_NAME = re.compile(
    r"анна|мария|елена|ольга|натал[ьи]я|татьяна|ирина|светлана|людмила|галина|валентина|нина|тамара|вера|надежда|любовь"
    r"|екатерина|юлия|алла|лидия|раиса|зоя|марина|оксана|виктория|иван|петр|сергей|александр|алексей|андрей|владимир"
    r"|дмитрий|николай|михаил|юрий|виктор|василий|анатолий|валерий|геннадий|вячеслав|евгений|игорь|олег|павел|роман"
    r"|максим|артем|денис|антон|вася|саша|маша|таня|лена|оля|наташа|петя|коля|миша|женя|валя|галя|люда"
)


def says_nothing(word: str) -> bool:
    """Whether a word without a meaning to us can be passed over: an initial, a name, a number in words."""
    return len(word) == 1 or any(known.fullmatch(word) for known in (_NAME, _FIRST_NAME, _NUMERAL))
