"""Logging in to the office."""

from __future__ import annotations

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client

from sbyt.staff.models import User
from sbyt.staff.roles import Role
from sbyt.usecases.staff import disable_member, set_password
from tests.support.databases import Database
from tests.web.office.logged_in import PASSWORD, a_member, logged_in

LOGIN = "/office/login/"


def tried(client: Client, name: str = "anna", password: str = PASSWORD, **more: str) -> str:
    """Where the log-in leads; empty where it leads nowhere."""
    return client.post(LOGIN, {"login": name, "password": password, **more}).headers.get("Location", "")


def code_of(secret: str) -> str:
    """The figures that the app shows now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def test_who_asks_for_a_page_logs_in_and_gets_it(database: Database) -> None:
    a_member(Role.OPERATOR)
    client = Client()
    asked = client.get("/office/security/").headers["Location"]
    assert asked == f"{LOGIN}?next=/office/security/"
    assert tried(client, next="/office/security/") == "/office/security/"
    assert "Анна Смирнова" in client.get("/office/security/").text


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_a_log_in_leads_nowhere_else(database: Database, elsewhere: str) -> None:
    a_member(Role.OPERATOR)
    assert tried(Client(), next=elsewhere) == "/office/"


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("anna", "")])
def test_a_wrong_name_or_password_is_told_alike(database: Database, name: str, password: str) -> None:
    a_member(Role.OPERATOR)
    page = Client().post(LOGIN, {"login": name, "password": password})
    assert page.status_code == 200
    assert "sbyt_session" not in page.cookies
    assert ("указали неверно" in page.text or "неверн" in page.text) or password == ""


def test_names_are_the_same_in_small_and_in_capital_letters(database: Database) -> None:
    a_member(Role.OPERATOR)
    assert tried(Client(), name=" ANNA ") == "/office/"


def test_wrong_passwords_are_limited_for_all_processes_together(database: Database) -> None:
    a_member(Role.OPERATOR)
    for _ in range(5):
        assert tried(Client(), password="wrong") == ""
    page = Client(headers={"accept-language": "en"}).post(LOGIN, {"login": "anna", "password": PASSWORD})
    assert "Too many failed" in page.text
    assert type(cache._connections[cache._alias]).__name__ == "DatabaseCache"  # type: ignore[attr-defined]
    a_member(Role.OPERATOR, name="boris")
    assert tried(Client(), name="boris") == "/office/"


def test_logging_out_ends_it(database: Database) -> None:
    client = logged_in(Role.OPERATOR)
    assert client.get("/office/").status_code == 200
    assert client.post("/office/logout/").headers["Location"] == LOGIN
    assert client.get("/office/").status_code == 302


def test_who_is_let_go_is_out_at_once(database: Database) -> None:
    client = logged_in(Role.OPERATOR)
    disable_member("anna")
    assert client.get("/office/").status_code == 302
    assert tried(Client()) == "/office/inactive/"


def test_a_new_password_ends_what_was_begun_with_the_old_one(database: Database) -> None:
    client = logged_in(Role.OPERATOR)
    set_password("anna", "another horse battery")
    assert client.get("/office/").status_code == 302


def test_who_is_no_staff_gets_in_nowhere(database: Database) -> None:
    User.objects.create_user("customer", password=PASSWORD)
    client = Client()
    assert tried(client, name="customer") == "/office/inactive/"
    assert client.get("/office/").status_code == 302


def test_nobody_signs_up(database: Database) -> None:
    assert Client().get("/office/signup/").status_code == 404


def test_the_session_is_kept_from_scripts_and_from_other_sites(database: Database) -> None:
    a_member(Role.OPERATOR)
    for headers, secure in (({}, ""), ({"x-forwarded-proto": "https"}, True)):
        client = Client(headers=headers)
        assert tried(client) == "/office/"
        cookie = client.cookies["sbyt_session"]
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["max-age"]) == (
            True,
            "Lax",
            secure,
            "",
        )


def test_with_a_second_factor_the_password_is_not_enough(database: Database) -> None:
    user, secret = a_member(Role.OPERATOR), generate_totp_secret()
    TOTP.activate(user, secret)
    client = Client()
    assert tried(client) == "/office/security/authenticate/"
    assert client.get("/office/").status_code == 302
    assert client.post("/office/security/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get("/office/").status_code == 302
    code = code_of(secret)
    assert client.post("/office/security/authenticate/", {"code": code}).headers["Location"] == "/office/"
    assert client.get("/office/").status_code == 200
    again = Client()
    tried(again)
    assert again.post("/office/security/authenticate/", {"code": code}).status_code == 200, "a code counts once"


def test_turning_the_second_factor_on_gives_spare_codes_and_asks_who_it_is(database: Database) -> None:
    client = logged_in(Role.OPERATOR)
    page = client.get("/office/security/totp/activate/", follow=True)
    assert page.redirect_chain[0][0].startswith("/office/reauthenticate/")
    client.post("/office/reauthenticate/", {"password": PASSWORD, "next": "/office/security/totp/activate/"})
    page = client.get("/office/security/totp/activate/")
    assert "data:image/svg+xml" in page.text
    secret = page.context["form"].secret
    done = client.post("/office/security/totp/activate/", {"code": code_of(secret)})
    assert done.headers["Location"] == "/office/security/recovery-codes/"
    assert len(Authenticator.objects.values_list("type", flat=True)) == 2
    assert get_adapter().get_totp_issuer() == "Энергосбыт"
    assert "Осталось кодов: 10" in client.get("/office/security/").text


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("path", ["", "totp/activate/", "webauthn/", "webauthn/add/", "recovery-codes/generate/"])
def test_all_pages_about_log_ins_are_in_our_frame(database: Database, path: str, language: str) -> None:
    client = logged_in(Role.OPERATOR)
    page = client.get(f"/office/security/{path}", follow=True, headers={"accept-language": language})
    assert page.status_code == 200
    assert '<main id="main"' in page.text
    assert "style=" not in page.text
