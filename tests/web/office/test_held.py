"""Held bills as staff see them: on their own page, at the desk of the billing, on the bill, on the first page."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sbyt.billing.models import Hold
from sbyt.staff.roles import Role
from sbyt.web.office.billing import holds, shown_holds
from sbyt.web.office.billing.words import HOLDS
from tests.support.databases import Database
from tests.support.held_bills import NOVEMBER, a_hold
from tests.web.office.logged_in import logged_in
from tests.web.office.test_billing import a_run, words

MONTH = "/office/billing/2026-11/"
HELD = f"{MONTH}held/"
AT = dt.datetime(2026, 12, 2, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def billing(database: Database) -> Client:
    a_run()
    return logged_in(Role.BILLING)


def release(client: Client, *bills: Hold, note: str = "", path: str = HELD, **headers: str) -> tuple[int, str]:
    """The status, and what the page says on which one comes out."""
    data = {"account": [hold.account_id for hold in bills], "note": note}
    done = client.post(path, data, headers=headers, follow=True)
    (first,) = [one[1] for one in done.redirect_chain] or [done.status_code]
    return first, done.text.replace("\u00a0", " ")


def test_both_languages_say_the_same() -> None:
    assert HOLDS["ru"].keys() == HOLDS["en"].keys()


# who ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "status"), [(Role.OPERATOR, 403), (Role.BILLING, 302), (Role.ADMINISTRATOR, 302)])
def test_all_look_but_who_bills_releases(database: Database, role: Role, status: int) -> None:
    a_run()
    hold = a_hold("101")
    client = logged_in(role)
    page = client.get(HELD)
    assert (page.status_code, 'type="checkbox"' in page.text) == (200, status == 302)
    assert release(client, hold)[0] == status
    hold.refresh_from_db()
    assert (hold.released_at is not None) == (status == 302)


def test_nobody_else_does(database: Database, client: Client) -> None:
    a_run()
    hold = a_hold("101")
    assert client.get(HELD).status_code == 302
    assert client.post(HELD, {"account": hold.account_id}).status_code == 302
    hold.refresh_from_db()
    assert hold.released_at is None


@pytest.mark.parametrize("period", ["2026-10", "2026-13", "x"])
def test_of_a_month_that_was_not_billed_there_is_no_list(billing: Client, period: str) -> None:
    assert billing.get(f"/office/billing/{period}/held/").status_code == 404
    assert billing.post(f"/office/billing/{period}/held/", {"account": 1}).status_code == 404


# the list -------------------------------------------------------------------------------------------------------------


def test_what_waits_is_told_with_why_and_what_was_looked_at_below(billing: Client) -> None:
    a_hold("101", released_at=AT, released_by="Анна Смирнова", note="живут всемером")
    a_hold("102")
    a_hold("103", charged=55_000, recalculated=-100_001)
    a_hold("104", NOVEMBER.plus(-1))
    text, page = words(billing, HELD), billing.get(HELD).text
    order = [
        "Проверить до отправки: ноябрь 2026",
        "Отмените ошибочное показание или введите показание контролёра",
        "102 102 начислено 5 500,00 ₽ — обычно около 550,00 ₽ 5 500,00 550,00 0,00",
        "103 103 перерасчёт −1 000,01 ₽ 550,00 550,00 −1 000,01",
        "Отмеченные верны, отправлять",
        "101 101 начислено 5 500,00 ₽ — обычно около 550,00 ₽ Анна Смирнова, 02.12.2026 12:00 живут всемером",
    ]
    places = [text.index(told) for told in order]
    assert places == sorted(places)
    assert "104" not in text
    assert ('href="/office/bills/2026-11/102/"' in page, 'href="/office/accounts/102/"' in page) == (True, True)
    assert " style=" not in page


def test_it_speaks_english_too(billing: Client) -> None:
    a_hold("102")
    a_hold("103", charged=55_000, recalculated=-100_001)
    text = words(billing, HELD, **{"accept-language": "en"})
    for told in ("5,500.00 ₽ charged — usually about 550.00 ₽", "−1,000.01 ₽ recalculated", "stays held until"):
        assert told in text, told


def test_where_nothing_is_held_that_is_said(billing: Client) -> None:
    assert "ни один счёт за этот месяц не придержан" in words(billing, HELD)
    a_hold("101", released_at=AT, released_by="Анна")
    assert "Всё проверено." in words(billing, HELD)


def test_they_are_leafed_through_without_being_counted(billing: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "MOST", 2)
    for number in range(101, 106):
        a_hold(str(number))
    for number in range(201, 204):
        a_hold(str(number), released_at=AT, released_by="Анна")
    seen, path, past = [], HELD, ""
    with CaptureQueriesContext(connection) as asked:
        while path:
            page = billing.get(path).context
            seen.append([one.number for one in page["waiting"]])
            past, path = page["following_past"], f"{HELD}{page['following']}" if page["following"] else ""
    assert seen == [["101", "102"], ["103", "104"], ["105"]]
    assert [one["sql"] for one in asked if "COUNT(" in one["sql"]] == []
    page = billing.get(f"{HELD}{past.partition('#')[0]}").context
    assert [one.number for one in page["released"]] == ["203"]
    assert [one.number for one in page["waiting"]] == ["105"]


@pytest.mark.parametrize("place", ["x", "-1", "9" * 30, ""])
def test_a_place_that_is_none_does_no_harm(billing: Client, place: str) -> None:
    a_hold("101")
    page = billing.get(HELD, {"after": place, "past": place})
    assert [one.number for one in page.context["waiting"]] == ["101"]


# releasing ------------------------------------------------------------------------------------------------------------


def test_one_is_released_with_a_note(billing: Client) -> None:
    hold, other = a_hold("101"), a_hold("102")
    status, text = release(billing, hold, note="живут всемером")
    assert (status, "Счёт 101 проверен, его можно отправлять." in text) == (302, True)
    hold.refresh_from_db()
    other.refresh_from_db()
    assert (hold.released_by, hold.note, other.released_at) == ("Анна Смирнова", "живут всемером", None)


def test_several_are_released_and_one_stays_where_one_was(billing: Client) -> None:
    first, *rest = [a_hold(str(number)) for number in range(101, 104)]
    done = billing.post(f"{HELD}?after={first.pk}", {"account": [one.account_id for one in rest]})
    assert done["location"] == f"{HELD}?after={first.pk}"
    assert "Проверено счетов: 2. Их можно отправлять." in words(billing, done["location"])
    assert Hold.objects.filter(released_at=None).get() == first


def test_who_comes_second_is_told_who_was_first(billing: Client) -> None:
    hold, other = a_hold("101", released_at=AT, released_by="Борис Петров"), a_hold("102")
    assert release(billing, hold)[0] == 409
    assert "Уже проверено: Борис Петров, 02.12.2026 12:00." in release(billing, hold)[1]
    assert "Looked at before: Борис Петров, 02.12.2026 12:00." in release(billing, hold, **{"accept-language": "en"})[1]
    status, text = release(billing, hold, other)
    assert status == 302
    assert "Счёт 102 проверен" in text
    assert "Счёт 101 уже проверен: Борис Петров, 02.12.2026 12:00." in text
    hold.refresh_from_db()
    assert hold.released_by == "Борис Петров"


def test_what_is_wrong_is_told_and_nothing_typed_is_lost(billing: Client) -> None:
    hold, elsewhere = a_hold("101"), a_hold("102", NOVEMBER.plus(-1))
    status, text = release(billing, note="живут всемером")
    assert (status, "Отметьте счета, которые верны." in text, 'value="живут всемером"' in text) == (400, True, True)
    status, text = release(billing, hold, elsewhere)
    assert (status, "Ничего не изменено." in text, text.count(" checked")) == (400, True, 1)
    assert billing.post(HELD, {"account": ["x", "9" * 30]}).status_code == 400
    assert not Hold.objects.exclude(released_at=None)


# elsewhere ------------------------------------------------------------------------------------------------------------


def test_the_month_leads_there_with_how_many_wait(billing: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 'href="/office/billing/2026-11/held/"' not in billing.get(MONTH).text
    holds_ = [a_hold(str(number)) for number in range(101, 104)]
    assert "Проверить до отправки: 3" in words(billing, MONTH)
    assert 'href="/office/billing/2026-11/held/"' in billing.get(MONTH).text
    monkeypatch.setattr(shown_holds, "COUNTED", 2)
    assert "Проверить до отправки: больше 2" in words(billing, MONTH)
    release(billing, *holds_)
    assert "Проверить до отправки" not in words(billing, MONTH)


def test_the_first_page_tells_who_bills_of_the_last_month(database: Database) -> None:
    a_run(NOVEMBER.plus(-1))
    a_run()
    a_hold("101", NOVEMBER.plus(-1))
    a_hold("102")
    said = "Проверить до отправки счетов: 1"
    names = {Role.OPERATOR: "oleg", Role.BILLING: "boris", Role.ADMINISTRATOR: "vera"}
    found = {role: said in words(logged_in(role, name=name), "/office/") for role, name in names.items()}
    assert found == {Role.OPERATOR: False, Role.BILLING: True, Role.ADMINISTRATOR: True}


def bill_page(client: Client, number: str, **headers: str) -> str:
    return words(client, f"/office/bills/{NOVEMBER}/{number}/", **headers)


def test_a_bill_says_that_it_is_held_and_why(billing: Client) -> None:
    a_hold("101")
    assert "Счёт придержан, не отправляется: начислено 5 500,00 ₽ — обычно около 550,00 ₽." in bill_page(billing, "101")
    english = bill_page(billing, "101", **{"accept-language": "en"})
    assert "This bill is held and not sent: 5,500.00 ₽ charged — usually about 550.00 ₽." in english
    page = billing.get("/office/bills/2026-11/101/").text
    assert page.count('action="/office/billing/2026-11/held/"') == 1
    assert 'href="/office/billing/2026-11/held/"' in page
    operator = logged_in(Role.OPERATOR, name="oleg").get("/office/bills/2026-11/101/").text
    assert ("Счёт придержан" in operator, "<form" in operator.partition("<main")[2]) == (True, False)


def test_a_bill_says_that_it_was_looked_at(billing: Client) -> None:
    a_hold("101", released_at=AT, released_by="Борис Петров", note="живут всемером")
    a_hold("102", NOVEMBER.plus(1))
    text = bill_page(billing, "101")
    assert "Проверен: Борис Петров, 02.12.2026 12:00. живут всемером" in text
    assert "Счёт верен, отправлять" not in text


def test_the_categories_stand_beside_those_of_the_month_before(billing: Client) -> None:
    def sums(category: str, bills: int, charged: int, recalculated: int = 0) -> dict[str, object]:
        return {"category": category, "bills": bills, "charged": charged, "recalculated": recalculated}

    a_run(NOVEMBER.plus(1), categories=[sums("", 1, 500), sums("urban", 8, 4_622_130, 550)])
    a_run(NOVEMBER.plus(2), categories=[sums("urban", 7, 4_311_622)])
    december = words(billing, "/office/billing/2026-12/")
    assert "urban 8 46 221,30 5,50" in december
    january = words(billing, "/office/billing/2027-01/")
    for told in (
        "без категории 0 дек 2026: 1 0,00 дек 2026: 5,00 −5,00 −100,0 % 0,00 дек 2026: 0,00",
        "urban 7 дек 2026: 8 43 116,22 дек 2026: 46 221,30 −3 105,08 −6,7 % 0,00 дек 2026: 5,50",
    ):
        assert told in january, told
    english = words(billing, "/office/billing/2027-01/", **{"accept-language": "en"})
    assert "urban 7 Dec 2026: 8 43,116.22 Dec 2026: 46,221.30 −3,105.08 −6.7 %" in english


def test_the_oddest_bills_lead_to_themselves_with_what_became_of_them(billing: Client) -> None:
    waits, looked_at = a_hold("101"), a_hold("102", released_at=AT)
    unheld = a_hold("103")
    odd = [
        {"account_id": one.account_id, "charged": 550_000, "expected": 55_000, "recalculated": -700, "oddness": 1}
        for one in (waits, looked_at, unheld)
    ]
    unheld.delete()
    a_run(NOVEMBER.plus(-1))
    a_run(NOVEMBER.plus(-2), oddest=[{**one, "reason": None} for one in odd])
    Hold.objects.update(period=NOVEMBER.plus(-2))
    text, page = words(billing, "/office/billing/2026-09/"), billing.get("/office/billing/2026-09/").text
    for told in (
        "101 5 500,00 550,00 −7,00 ○ ждёт",
        "102 5 500,00 550,00 −7,00 ✓ проверен",
        "103 5 500,00 550,00 −7,00",
    ):
        assert told in text, told
    assert 'href="/office/bills/2026-09/103/"' in page
