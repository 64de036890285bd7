"""Each table of the data: its columns, what one row shows, and by what it is found."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from sbyt.accounts.models import Account, Customer, Link, Meter, Premises, Register
from sbyt.billing.models import Bill, Charge, Hold
from sbyt.core.identifiers import email_address, phone_number
from sbyt.messaging.models import ChannelStatus, InboundMessage, OutboundMessage
from sbyt.messaging.numbers import message_of, short_number
from sbyt.payments.models import Payment
from sbyt.readings.models import Inspection, Reading, StaffTask
from sbyt.tariffs.models import Norm, Price
from sbyt.web.office.data.tables import (
    FARTHEST,
    Table,
    accounts_of,
    coded,
    computed,
    linked,
    money,
    month,
    plain,
    scaled,
    shortened,
    units,
    written,
)

_ACCOUNT = linked("account", "account", "number")
_CUSTOMER = linked("customer", "customer", "name")
_PREMISES = linked("premises", "premises", "address")


class OfAccounts(Table):
    """A table whose rows belong to an account, and are found by its number.

    What is found by way of another table is asked for first: a planner that had both questions at once might read the
    whole of a table in the order in which it is shown.
    """

    search_help = "by_account"

    def find(self, term: str) -> Q:
        return Q(account__in=accounts_of(term))


class Customers(OfAccounts):
    columns = (plain("name"), plain("phone"), plain("email"))
    details = (*columns, plain("number", "pk"))
    search_help = "by_customer"

    def find(self, term: str) -> Q:
        phone = phone_number(term)
        linked_to = Link.objects.filter(kind=Link.Kind.PHONE, address=phone or term)[:FARTHEST]
        accounts = [*accounts_of(term), *linked_to.values_list("account", flat=True)]
        holders = list(Account.objects.filter(pk__in=accounts).values_list("customer", flat=True))
        return Q(name=term) | Q(pk__in=holders)  # the index begins with the name


class PremisesTable(OfAccounts):
    columns = (plain("address"), plain("district"), plain("street"), plain("house"), plain("flat"))
    details = columns

    def find(self, term: str) -> Q:
        return Q(pk__in=list(Account.objects.filter(pk__in=accounts_of(term)).values_list("premises", flat=True)))


class Accounts(OfAccounts):
    columns = (plain("number"), _CUSTOMER, _PREMISES)
    details = (*columns, money("opening_balance"))
    list_select_related = ("customer", "premises")

    def find(self, term: str) -> Q:
        return Q(pk__in=accounts_of(term))


class Meters(OfAccounts):
    columns = (
        plain("serial"),
        _ACCOUNT,
        coded("resource"),
        plain("zones"),
        plain("installed_on"),
        plain("verified_until"),
    )
    details = (*columns, plain("digits"), plain("decimals"))
    list_select_related = ("account",)


class Registers(OfAccounts):
    columns = (linked("meter", "meter", "serial"), plain("zone"), linked("account", "meter.account", "number"))
    details = columns
    list_select_related = ("meter__account",)

    def find(self, term: str) -> Q:
        return Q(meter__in=list(Meter.objects.filter(account__in=accounts_of(term)).values_list("id", flat=True)))


class Links(OfAccounts):
    columns = (
        plain("address"),
        coded("kind"),
        _ACCOUNT,
        coded("how"),
        plain("made_at"),
        plain("ended_at"),
    )
    details = (*columns, plain("by", "made_by"), plain("by", "ended_by"))
    list_select_related = ("account",)
    search_help = "by_address"

    def find(self, term: str) -> Q:
        known = {term, term.lower(), phone_number(term) or term, email_address(term) or term}
        return super().find(term) | Q(address__in=known)


class Readings(OfAccounts):
    columns = (
        units("value", "value", "register.meter"),
        plain("zone", "register.zone"),
        month("period"),
        plain("taken_on"),
        linked("meter", "register.meter", "serial"),
        linked("account", "register.meter.account", "number"),
        plain("channel"),
        coded("kind"),
        coded("verdict"),
    )
    details = (
        *columns,
        plain("received_at"),
        plain("loaded_at"),
        linked("message", "message"),
        computed("by", lambda row: _inspected(row, "by")),
        computed("why", lambda row: _inspected(row, "reason")),
    )
    list_select_related = ("register__meter__account", "message", "inspection")

    def find(self, term: str) -> Q:
        registers = Register.objects.filter(meter__account__in=accounts_of(term)).values_list("id", flat=True)
        return Q(register__in=list(registers))


def _inspected(reading: Reading, name: str) -> str:
    """Who entered an inspector's value, or why; empty for what came another way."""
    try:
        return str(getattr(reading.inspection, name))
    except Inspection.DoesNotExist:
        return ""


class StaffTasks(OfAccounts):
    columns = (plain("reason"), _ACCOUNT, plain("created_at"), plain("closed_at"), plain("by", "closed_by"))
    details = (*columns, written("offered"), linked("message", "message"))
    list_select_related = ("account", "message")


class Inbound(Table):
    columns = (
        computed("number", lambda row: short_number(row.pk)),
        plain("channel"),
        plain("sender"),
        shortened("text"),
        plain("received_at"),
        plain("handled_at"),
    )
    details = (*columns[:3], plain("text"), *columns[4:], plain("stored_at"), plain("attempts"), written("result"))
    search_help = "by_message"

    def find(self, term: str) -> Q:
        return _messages(term)


def _messages(term: str) -> Q:
    """Those with this short number or from this sender; the index wants the channel before the sender."""
    sent_by = Q(channel__in=list(settings.SBYT.channels), sender__in={term, phone_number(term) or term})
    number = message_of(term)
    return sent_by | Q(pk=number) if number and number < 2**63 else sent_by


class Outbound(Table):
    columns = (
        plain("channel"),
        plain("recipient"),
        shortened("text"),
        coded("state"),
        plain("created_at"),
        plain("delivered_at"),
    )
    details = (
        *columns[:2],
        plain("subject"),
        plain("text"),
        plain("document"),
        *columns[3:],
        plain("purpose"),
        plain("send_at"),
        plain("expires_at"),
        plain("attempts"),
        linked("answer_to", "in_reply_to"),
    )
    list_select_related = ("in_reply_to",)
    search_help = "by_message"

    def find(self, term: str) -> Q:
        """The answers to what is found so."""
        found = InboundMessage.objects.filter(_messages(term)).order_by("-id")[:FARTHEST]
        return Q(in_reply_to__in=list(found.values_list("id", flat=True)))


class States(Table):
    columns = (
        plain("channel"),
        plain("title"),
        coded("state"),
        plain("since"),
        plain("changed_at"),
        plain("by", "changed_by"),
    )
    details = (
        *columns,
        plain("why"),
        plain("address"),
        computed("days", lambda row: f"{row.first_day}–{row.last_day}"),
        plain("note"),
        plain("footnote"),
    )
    search_help = "by_channel"

    def find(self, term: str) -> Q:
        return Q(channel=term.lower())


class Bills(OfAccounts):
    columns = (
        _ACCOUNT,
        month("period"),
        money("opening"),
        money("charged"),
        money("recalculated"),
        money("paid"),
        money("closing"),
    )
    details = columns
    list_select_related = ("account",)


class Charges(OfAccounts):
    columns = (
        _ACCOUNT,
        linked("meter", "register.meter", "serial"),
        plain("zone", "register.zone"),
        month("for_period"),
        coded("kind"),
        coded("basis"),
        units("volume", "volume", "register.meter"),
        money("amount"),
    )
    details = (*columns, month("period"), written("trace"))
    list_select_related = ("account", "register__meter")


class Holds(OfAccounts):
    columns = (
        _ACCOUNT,
        month("period"),
        coded("reason"),
        money("charged"),
        money("expected"),
        money("recalculated"),
        plain("released_at"),
        plain("by", "released_by"),
    )
    details = (*columns, plain("note"))
    list_select_related = ("account",)


class Payments(OfAccounts):
    columns = (_ACCOUNT, plain("paid_on"), money("amount"), plain("source"), plain("external_id"))
    details = columns
    list_select_related = ("account",)


class Prices(Table):
    columns = (
        coded("resource"),
        plain("category"),
        plain("zones"),
        plain("zone"),
        month("valid_from"),
        scaled("volume_above", "above", 3),
        scaled("price", "price", 4),
    )
    details = columns
    ordering = ("resource", "category", "zones", "zone", "-valid_from", "above")
    search_help = "by_resource"

    def find(self, term: str) -> Q:
        return Q(resource=term) | Q(category=term)


class Norms(Table):
    columns = (coded("resource"), plain("category"), month("valid_from"), scaled("per_resident", "per_resident", 6))
    details = columns
    ordering = ("resource", "category", "-valid_from")
    search_help = "by_resource"

    def find(self, term: str) -> Q:
        return Q(resource=term) | Q(category=term)


SHOWN: dict[type, type[Table]] = {
    Customer: Customers,
    Premises: PremisesTable,
    Account: Accounts,
    Meter: Meters,
    Register: Registers,
    Link: Links,
    Reading: Readings,
    StaffTask: StaffTasks,
    InboundMessage: Inbound,
    OutboundMessage: Outbound,
    ChannelStatus: States,
    Bill: Bills,
    Charge: Charges,
    Hold: Holds,
    Payment: Payments,
    Price: Prices,
    Norm: Norms,
}
