"""The pages of the office."""

from __future__ import annotations

from allauth.account import views as login
from django.urls import include, path

from sbyt.web.office.billing.holds import holds
from sbyt.web.office.billing.views import run, runs
from sbyt.web.office.channels.notice import notice_of_ways
from sbyt.web.office.channels.views import channel, channels
from sbyt.web.office.customers.bill import bill, deliver, paper
from sbyt.web.office.customers.views import account, photo, search, talk
from sbyt.web.office.data.site import site
from sbyt.web.office.home import home
from sbyt.web.office.notices.views import not_told, notice, notices
from sbyt.web.office.queue.views import task, tasks

_login = [
    path("login/", login.login, name="account_login"),
    path("logout/", login.logout, name="account_logout"),
    path("reauthenticate/", login.reauthenticate, name="account_reauthenticate"),
    path("inactive/", login.account_inactive, name="account_inactive"),
    path("security/", include("allauth.mfa.urls")),
]

_desks = [
    path("", home, name="home"),
    path("find/", search, name="search"),
    path("talk/", talk, name="talk"),
    path("accounts/<path:number>/", account, name="account"),
    path("bills/<str:period>/<path:number>/paper", paper, name="paper"),
    path("bills/<str:period>/<path:number>/deliver", deliver, name="deliver"),
    path("bills/<str:period>/<path:number>/", bill, name="bill"),
    path("photos/<int:pk>/", photo, name="photo"),
    path("queue/", tasks, name="queue"),
    path("queue/<int:pk>/", task, name="task"),
    path("billing/", runs, name="runs"),
    path("billing/<str:period>/", run, name="run"),
    path("billing/<str:period>/held/", holds, name="holds"),
    path("notice/", notice_of_ways, name="notice_of_ways"),
    path("channels/", channels, name="channels"),
    path("channels/<slug:code>/", channel, name="channel"),
    path("notices/", notices, name="notices"),
    path("notices/<int:pk>/", notice, name="notice"),
    path("notices/<int:pk>/not-told.csv", not_told, name="not_told"),
]

urlpatterns = [*_login, path("data/", site.urls), path("", include((_desks, "office")))]
