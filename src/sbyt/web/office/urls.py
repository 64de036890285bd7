"""The pages of the office."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path

from sbyt.web.office.channels.views import channel, channels
from sbyt.web.office.data.site import site
from sbyt.web.office.home import home

_login = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("security/", include("allauth.mfa.urls")),
]

_desks = [
    path("", home, name="home"),
    path("channels/", channels, name="channels"),
    path("channels/<slug:code>/", channel, name="channel"),
]

urlpatterns = [*_login, path("data/", site.urls), path("", include((_desks, "office")))]
