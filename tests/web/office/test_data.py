"""The data: who sees which table, that nothing is changed there, and that no table is counted or searched whole."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import sbyt.web
from sbyt.accounts.models import Account, Customer, Meter, Premises
from sbyt.billing.models import Bill, Charge, Hold
from sbyt.messaging.models import ChannelStatus, InboundMessage, OutboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.payments.models import Payment
from sbyt.readings.models import Inspection, Reading, StaffTask
from sbyt.staff.models import User
from sbyt.staff.roles import Role
from sbyt.tariffs.models import Norm, Price
from sbyt.web.office.data import words
from sbyt.web.office.data.tables import FARTHEST
from tests.support.databases import Database
from tests.support.household import a_meter, an_account, was_read_monthly
from tests.support.serving import right_now
from tests.web.office.logged_in import PASSWORD, a_member, logged_in

HOUSEHOLDS = ["customer", "premises", "account", "meter", "register"]
EVERYBODY = [
    *(f"accounts/{name}" for name in HOUSEHOLDS),
    "readings/reading",
    "billing/bill",
    "billing/charge",
    "billing/hold",
    "payments/payment",
    "tariffs/price",
    "tariffs/norm",
]
TALK = [
    "accounts/link",
    "readings/stafftask",
    "messaging/inboundmessage",
    "messaging/outboundmessage",
    "messaging/channelstatus",
]
TABLES = [*EVERYBODY, *TALK, "staff/user"]
#: What stands on the page of something else, or is no more than our own bookkeeping.
LEFT_OUT = {
    "accounts/billchoice",  # the page of the bill says it
    "accounts/occupancy",  # of an account
    "accounts/revokedtoken",  # by sbyt revoke
    "accounts/word",  # by which accounts are found
    "accounts/wrongcode",  # what was tried in vain, for a week
    "billing/run",  # the desk of the billing has it
    "billing/unbilled",
    "billing/settled",  # where the last run left everything; can be worked out again
    "messaging/channelalarm",  # the desk of the channels has it
    "messaging/channelhealth",
    "messaging/conversation",
    "messaging/delivery",
    "messaging/expectedphoto",  # the desks say so beside its message
    "messaging/healthwatch",
    "messaging/inboundhour",  # counted of the inbox
    "messaging/pace",
    "messaging/photo",  # the desks show it with its message
    "messaging/silence",  # the customer's page says it beside the link
    "messaging/unreadable",
    "messaging/worker",
    "notices/addressee",  # the desk of the notices sums them up, and lists who was not told
    "notices/campaign",  # the desk of the notices has it
    "notices/concerned",
    "notices/reminderchoice",  # the customer's screen has it
    "notices/step",
    "payments/counted",  # which bill counted a payment
    "readings/cancellation",  # the customer's screen has it
    "readings/inspection",  # of a reading
    "receipts/edition",
    "receipts/receipt",  # the page of the bill opens it
    "staff/remembered",
}
SEEN = {
    Role.OPERATOR: {*EVERYBODY, *TALK},
    Role.BILLING: {*EVERYBODY},
    Role.ADMINISTRATOR: {*EVERYBODY, *TALK, "staff/user"},
}


def a_row_of_each() -> None:
    """Something in every table."""
    now = right_now()
    account = an_account("2000000001", name="Иванов И. И.", phone="+79120000101")
    meter = a_meter(account, "40010001")
    was_read_monthly(meter, 4310, use=(100,))
    register = meter.registers.get()
    message = InboundMessage.objects.create(
        channel="sms",
        provider_id="1",
        sender="+79120000101",
        text="4425",
        received_at=now,
        stored_at=now,
        result={"reply": "да"},
    )
    OutboundMessage.objects.create(
        channel="sms", recipient="+79120000101", text="Приняли", in_reply_to=message, created_at=now, send_at=now
    )
    StaffTask.objects.create(message=message, account=account, reason="suspicious", created_at=now)
    ChannelStatus.objects.create(
        channel="sms", state="open", since=now.date(), title="SMS", changed_at=now, changed_by="anna"
    )
    Bill.objects.create(account=account, period=24312, opening=0, charged=55000, recalculated=0, paid=0, closing=55000)
    charge = {"period": 24312, "for_period": 24312, "kind": "charge", "basis": "actual", "volume": 100, "amount": 55000}
    Charge.objects.create(account=account, register=register, trace={"rule": "6"}, **charge)
    sums = {"charged": 55000, "expected": 5500, "recalculated": 0}
    Hold.objects.create(account=account, period=24312, reason="charged", **sums)
    Payment.objects.create(account=account, paid_on=now.date(), amount=55000, source="bank", external_id="1")
    Price.objects.create(
        resource="electricity", category="city", zones=1, zone="T1", valid_from=24300, above=0, price=55000
    )
    Norm.objects.create(resource="electricity", category="city", valid_from=24300, per_resident=100_000_000)


# who sees what --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_tables_and_no_other(database: Database, role: Role) -> None:
    client = logged_in(role)
    found = {table: client.get(f"/office/data/{table}/").status_code for table in TABLES}
    assert found == {table: 200 if table in SEEN[role] else 403 for table in TABLES}
    index = client.get("/office/data/").text
    assert {table for table in TABLES if f'href="/office/data/{table}/"' in index} == SEEN[role]


def test_who_has_no_role_sees_no_table_and_who_is_not_logged_in_is_asked_to(database: Database) -> None:
    a_member()
    client = Client()
    asked = client.get("/office/data/accounts/account/", follow=True).redirect_chain[-1][0]
    assert asked == "/office/login/?next=/office/data/accounts/account/"
    client.login(username="anna", password=PASSWORD)
    assert client.get("/office/data/", follow=True).status_code == 403


def test_nobody_changes_anything_there_but_who_may_log_in(database: Database) -> None:
    a_row_of_each()
    client = logged_in(Role.ADMINISTRATOR)
    for table in TABLES[:-1]:
        assert client.get(f"/office/data/{table}/add/").status_code == 403
        page = client.get(f"/office/data/{table}/1/change/") if table != "messaging/channelstatus" else None
        if page is not None and page.status_code == 200:
            assert 'name="_save"' not in page.text
            assert client.post(f"/office/data/{table}/1/change/", {"number": "1"}).status_code == 403
        assert client.post(f"/office/data/{table}/1/delete/", {"post": "yes"}).status_code in (302, 403)
    assert Account.objects.get().number == "2000000001"
    assert Reading.objects.exists()


def test_every_table_is_shown_or_left_out_for_a_reason() -> None:
    ours = {model._meta.label_lower.replace(".", "/") for model in apps.get_models() if model.__module__[:5] == "sbyt."}
    assert set(TABLES) | LEFT_OUT == ours
    assert set(TABLES) & LEFT_OUT == set()


# what is seen ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_table_and_row_can_be_looked_at_in_both_languages(database: Database, language: str) -> None:
    a_row_of_each()
    client = logged_in(Role.ADMINISTRATOR)
    for table in TABLES:
        page = client.get(f"/office/data/{table}/", headers={"accept-language": language})
        assert page.status_code == 200, table
        named = words.TABLES[language][table.replace("/", ".")][1]
        assert named.lower() in page.text.lower()
        (row,) = page.context["cl"].queryset[:1]
        shown = client.get(f"/office/data/{table}/{row.pk}/change/", headers={"accept-language": language})
        assert shown.status_code == 200, table
        assert "object (" not in page.text + shown.text


def test_money_volumes_months_and_times_are_as_people_write_them(database: Database) -> None:
    a_row_of_each()
    client = logged_in(Role.ADMINISTRATOR)
    assert "550.00" in client.get("/office/data/billing/bill/").text
    assert "2026\u201101" in client.get("/office/data/billing/bill/").text
    assert ">5.5<" in client.get("/office/data/tariffs/price/").text
    assert (
        f"{right_now().astimezone(settings.SBYT.zone):%d.%m.%Y}"
        in client.get("/office/data/messaging/inboundmessage/").text
    )


def test_both_languages_have_the_same_words() -> None:
    for said in (words.TABLES, words.COLUMNS, words.CODES, words.OTHER):
        assert said["ru"].keys() == said["en"].keys()


def test_what_unfold_says_is_compiled_as_it_is_written() -> None:
    folder = Path(sbyt.web.__file__).parent / "locale" / "ru" / "LC_MESSAGES"
    with (folder / "django.mo").open("rb") as compiled:
        known = gettext.GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]
    written = (folder / "django.po").read_text(encoding="utf-8")
    for said, meant in known.items():
        assert not said or (f'msgid "{said}"' in written and f'msgstr "{meant}"' in written)
    assert written.count("\nmsgid ") == len(known)


# found by index, counted by nobody -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "term", "found"),
    [
        ("accounts/account", "2000000001", 1),
        ("accounts/account", " 20000 00001 ", 1),
        ("accounts/account", "200000000", 0),
        ("accounts/customer", "2000000001", 1),
        ("accounts/customer", "8 (912) 000-01-01", 1),
        ("accounts/customer", "Иванов И. И.", 1),
        ("accounts/customer", "Иванов", 0),
        ("accounts/premises", "2000000001", 1),
        ("accounts/meter", "2000000001", 1),
        ("accounts/register", "2000000001", 1),
        ("readings/reading", "2000000001", 10),
        ("billing/bill", "2000000001", 1),
        ("billing/charge", "2000000001", 1),
        ("payments/payment", "2000000001", 1),
        ("payments/payment", "2000000009", 0),
        ("readings/stafftask", "2000000001", 1),
        ("messaging/inboundmessage", short_number(1), 1),
        ("messaging/inboundmessage", "8 912 000-01-01", 1),
        ("messaging/inboundmessage", "ZZZZZZZZZZZZZZZZZZZZZZZZ", 0),
        ("messaging/outboundmessage", "+79120000101", 1),
        ("messaging/channelstatus", "SMS", 1),
        ("tariffs/price", "city", 1),
        ("tariffs/norm", "electricity", 1),
        ("staff/user", "ANNA", 1),
    ],
)
def test_rows_are_found_by_what_people_know_them_by(database: Database, table: str, term: str, found: int) -> None:
    a_row_of_each()
    page = logged_in(Role.ADMINISTRATOR).get(f"/office/data/{table}/", {"q": term})
    assert len(page.context["cl"].result_list) == found


@pytest.mark.parametrize("table", EVERYBODY + TALK)
def test_a_page_asks_a_fixed_number_of_times_and_counts_no_table(database: Database, table: str) -> None:
    a_row_of_each()
    client = logged_in(Role.ADMINISTRATOR)
    for _ in range(2):
        client.get(f"/office/data/{table}/")
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/office/data/{table}/")
    counts = [one["sql"] for one in asked if "COUNT(" in one["sql"]]
    assert all(f"LIMIT {FARTHEST + 1}" in one for one in counts)
    assert len(asked) <= 7


def test_one_leafs_through_a_thousand_rows_and_then_is_told_to_search(database: Database) -> None:
    customer = Customer.objects.create(name="Иванов")
    home = Premises.objects.create(address="г. Ухта")
    Account.objects.bulk_create(
        Account(number=f"{number}", key=f"{number}", customer=customer, premises=home)
        for number in range(FARTHEST + 30)
    )
    client = logged_in(Role.OPERATOR)
    assert "больше 1000" in client.get("/office/data/accounts/account/").text
    assert list(client.get("/office/data/accounts/account/", {"p": 20}).context["cl"].result_list)[-1].number == "30"
    assert client.get("/office/data/accounts/account/", {"p": 21}).status_code == 302
    assert Meter.objects.count() == 0


# who may log in -------------------------------------------------------------------------------------------------------


def test_an_administrator_adds_somebody_who_then_may_log_in(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    operator = Group.objects.get(name="operator").pk
    sent = {
        "username": "boris",
        "first_name": "Борис",
        "groups": [operator],
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert client.post("/office/data/staff/user/add/", {**sent, "usable_password": "true"}).status_code == 302
    added = Client().post("/office/login/", {"login": "boris", "password": PASSWORD})
    assert added.headers["Location"] == "/office/"
    assert [group.name for group in User.objects.get(username="boris").groups.all()] == ["operator"]


def test_an_administrator_changes_roles_and_takes_the_log_in_away_but_not_their_own(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    boris, anna = a_member(Role.OPERATOR, name="boris"), User.objects.get(username="anna")
    billing = Group.objects.get(name="billing").pk
    client.post(
        f"/office/data/staff/user/{boris.pk}/change/", {"username": "boris", "first_name": "", "groups": [billing]}
    )
    client.post(
        f"/office/data/staff/user/{anna.pk}/change/", {"username": "anna", "first_name": "", "groups": [billing]}
    )
    found = {user.username: (user.is_active, user.groups.get().name, user.is_superuser) for user in User.objects.all()}
    assert found == {"boris": (False, "billing", False), "anna": (True, "administrator", False)}


def test_an_administrator_changes_their_own_name(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    anna = User.objects.get(username="anna")
    path = f"/office/data/staff/user/{anna.pk}/change/"
    assert client.post(path, {"username": "anna", "first_name": "Анна Белых"}).status_code == 302
    anna.refresh_from_db()
    assert (anna.first_name, anna.is_active, anna.groups.get().name) == ("Анна Белых", True, "administrator")


def test_an_administrator_sets_a_new_password(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    boris = a_member(Role.OPERATOR, name="boris")
    page = client.get(f"/office/data/staff/user/{boris.pk}/change/")
    assert "../password/" in page.text
    sent = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    assert client.post(f"/office/data/staff/user/{boris.pk}/password/", sent).status_code == 302
    assert Client().login(username="boris", password="another horse battery")


def test_an_inspectors_value_names_who_entered_it_and_why(database: Database) -> None:
    a_row_of_each()
    reading = Reading.objects.latest("id")
    Inspection.objects.create(reading=reading, by="Борис Петров", reason="акт 17")
    page = logged_in(Role.BILLING).get(f"/office/data/readings/reading/{reading.pk}/change/").text
    assert "Борис Петров" in page
    assert "акт 17" in page
