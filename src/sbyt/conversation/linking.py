"""What the code or token of a bill comes to: a link to its account, or why there is none."""

from __future__ import annotations

from typing import NamedTuple

from sbyt.conversation.acts import LINKED, CodeAnswer, CodeCame
from sbyt.conversation.bill_codes import BillCode
from sbyt.conversation.facts import BillCodeFacts, Facts, Verdict
from sbyt.conversation.parsing import parse
from sbyt.conversation.segments import named_accounts
from sbyt.conversation.state import Command, CountWrongCode, LinkSender, Outcome, State
from sbyt.conversation.tokens import Parsed, Use
from sbyt.conversation.vocabulary import Intent

_CAME = {Verdict.OLDER: CodeCame.OLDER, Verdict.REVOKED: CodeCame.REVOKED, Verdict.TOO_MANY: CodeCame.TOO_MANY}
#: What is done beside a link, where the rest of the message asks for it.
_WANTED = frozenset((Intent.BALANCE, Intent.LAST, Intent.OPERATOR))


class Linking(NamedTuple):
    """What is said and done because of a code, and how it is summed up. ``linked``: the account linked by it."""

    act: CodeAnswer
    commands: tuple[Command, ...]
    outcome: Outcome
    linked: str = ""


def link(found: BillCode, code: BillCodeFacts, state: State, facts: Facts) -> Linking | None:
    """Judge the code in a message; None if it is none after all, but an account of 12 figures."""
    rest = parse(found.rest)
    named = _named(rest, facts)
    if found.code and not named and any(one.number == found.code for one in facts.accounts):
        return None
    if found.token:
        return _judged(code, facts, [code.account] if code.account else [])
    if len(named) > 1:
        return _said(CodeCame.NO_ACCOUNT, Outcome.ASK)
    meant = named or _asked_about(state, facts) or _known_by_link(code, facts)
    if not meant and not _numbers(rest):
        return _said(CodeCame.NO_ACCOUNT, Outcome.ASK)
    return _judged(code, facts, meant)


def holds_more(found: BillCode, linking: Linking, facts: Facts, photos: int) -> bool:
    """Whether a message holds more than a code and an account: a reading, a question that we answer, photos.

    A stranger's one number beside a code that proves nothing was meant as the account, whether there is such or not.
    """
    rest = parse(found.rest)
    spanned = sum(one.last - one.first + 1 for one in named_accounts(rest, facts))
    if found.code and linking.act.came not in LINKED and not facts.linked:
        spanned = max(spanned, 1)
    return photos > 0 or _numbers(rest) > spanned or bool(rest.intents & _WANTED)


def _judged(code: BillCodeFacts, facts: Facts, meant: list[str]) -> Linking:
    """Whoever is linked is told so whatever the code; nothing else tells whether there is such an account."""
    there = [account for account in meant if account in facts.linked]
    if there:
        return _said(CodeCame.ALREADY, Outcome.INFO, there[0])
    if code.too_many:
        return _said(CodeCame.TOO_MANY, Outcome.REFUSED)
    account = meant[0] if len(meant) == 1 else ""
    verdict = code.verdicts.get(account, Verdict.WRONG)
    if verdict is Verdict.WRONG:
        return Linking(CodeAnswer(CodeCame.WRONG), (CountWrongCode(account),), Outcome.REFUSED)
    if verdict is not Verdict.RIGHT:
        return _said(_CAME[verdict], Outcome.REFUSED)
    if not code.provable:
        return _said(CodeCame.NOT_HERE, Outcome.REFUSED)
    return Linking(CodeAnswer(CodeCame.LINKED, account), (LinkSender(account),), Outcome.INFO, account)


def _said(came: CodeCame, outcome: Outcome, account: str = "") -> Linking:
    return Linking(CodeAnswer(came, account), (), outcome)


def _named(message: Parsed, facts: Facts) -> list[str]:
    return list(dict.fromkeys(one.account.number for one in named_accounts(message, facts) if one.account))


def _asked_about(state: State, facts: Facts) -> list[str]:
    """The account of the open question: «200004», then «код 4821-7730-9614»."""
    named = _named(parse(state.question.text), facts) if state.question else []
    return named if len(named) == 1 else []


def _known_by_link(code: BillCodeFacts, facts: Facts) -> list[str]:
    """The accounts linked to the sender of whose bills the code is one."""
    return [one for one in facts.linked if code.verdicts.get(one) in (Verdict.RIGHT, Verdict.OLDER)]


def _numbers(message: Parsed) -> int:
    return len([group for group in message.groups if group.use is not Use.NOTHING])
