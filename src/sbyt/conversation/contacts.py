"""What a phone that somebody shared comes to: a link to the accounts that have it on file, or why there is none."""

from __future__ import annotations

from dataclasses import replace

from sbyt.conversation.acts import ContactAnswer, ContactCame
from sbyt.conversation.facts import Facts
from sbyt.conversation.state import Command, LinkSender, Outcome, Reply, State


def contact_came(state: State, facts: Facts, languages: frozenset[str]) -> Reply:
    """Answer a contact. It links only where the messenger proved that the phone is the sender's own.

    Who talked with us elsewhere goes on in the language of there, unless they chose one here.

    :param languages: those that can be spoken.
    """
    contact = facts.contact
    if contact is None or not contact.own:
        return _said(state, ContactCame.ANOTHERS, (), facts)
    if not contact.accounts:
        return _said(state, ContactCame.NOT_ON_FILE, (), facts)
    new = tuple(account for account in contact.accounts if account not in facts.linked)
    if not new:
        return _said(state, ContactCame.ALREADY, contact.accounts, facts)
    if contact.language in languages:
        state = replace(state, language=contact.language)
    links: tuple[Command, ...] = tuple(LinkSender(account, by_contact=True) for account in new)
    return _said(state, ContactCame.LINKED, contact.accounts, facts)._replace(commands=links)


def _said(state: State, came: ContactCame, accounts: tuple[str, ...], facts: Facts) -> Reply:
    outcome = Outcome.INFO if accounts else Outcome.REFUSED
    return Reply(state, (), (ContactAnswer(came, accounts, offer=facts.channel.contact and not accounts),), outcome)
