"""What a message makes it necessary to look up."""

from __future__ import annotations

from dataclasses import dataclass

from sbyt.conversation.bill_codes import BillCode, find_bill_code
from sbyt.conversation.parsing import parse
from sbyt.conversation.segments import candidates
from sbyt.conversation.state import State
from sbyt.conversation.tokens import Parsed
from sbyt.conversation.vocabulary import Intent
from sbyt.core.identifiers import account_key

#: What is asked for and shown to who may see an account.
ON_THE_PAGE = frozenset((Intent.BALANCE, Intent.LAST, Intent.HISTORY, Intent.BILL))


@dataclass(frozen=True, slots=True)
class Mentions:
    """Keys of accounts that may be meant (core.identifiers.account_key), and whether own readings are wanted.

    ``wants_page``: where the account is seen, should the channel not carry it. ``bill_code``: what of a bill must be
    verified.
    """

    account_keys: frozenset[str]
    wants_own_readings: bool
    wants_balance: bool
    wants_page: bool = False
    bill_code: BillCode | None = None


def mentions(text: str, state: State | None = None) -> Mentions:
    """What must be known before ``reply`` can answer: of the message, and of the question it may answer."""
    message = parse(text)
    keys = _keys(message)
    intents = message.intents
    if code := find_bill_code(text):
        rest = parse(code.rest)
        keys |= _keys(rest)
        intents |= rest.intents
    if state and state.question:
        keys |= _keys(parse(state.question.text)) | {account_key(one.account) for one in state.question.pending}
    wants_page = bool(intents & ON_THE_PAGE) or asks_for_bill(message)
    return Mentions(frozenset(keys), Intent.CANCEL in intents, Intent.BALANCE in intents, wants_page, code)


def asks_for_bill(message: Parsed) -> bool:
    """Whether the bill is asked for: «пришлите квитанцию». A number beside it is the bill's, and no value."""
    words = message.words
    return not message.groups and any(word.startswith("квитанц") for word in words) and not {"не", "нет"} & set(words)


def _keys(message: Parsed) -> set[str]:
    return {digits.lstrip("0") or "0" for _, _, digits in candidates(message.groups)}  # account_key of bare figures
