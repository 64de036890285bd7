"""The first page of the office."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sbyt.web.office.roles import staff_required


@staff_required()
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "office/home.html")
