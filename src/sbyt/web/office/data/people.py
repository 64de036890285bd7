"""Who may log in: the one table that is changed here, by administrators."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from sbyt.staff.models import User
from sbyt.web.office.data import words
from sbyt.web.office.data.tables import Leafing, plain

_capital = lazy(capfirst, str)
_LABELS = {
    "username": _capital(words.column("log_in_name")),
    "first_name": _capital(words.column("called")),
    "is_active": _capital(words.column("active")),
    "groups": _capital(words.column("roles")),
}


class _Role(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic only for mypy
    def label_from_instance(self, obj: Any) -> str:
        return words.code(obj.name).capitalize()


def _roles() -> _Role:
    return _Role(Group.objects.order_by("pk"), widget=UnfoldAdminCheckboxSelectMultipleWidget, label=_LABELS["groups"])


class NewMember(UserCreationForm):  # type: ignore[misc]  # unfold ships no types
    groups = _roles()

    class Meta(UserCreationForm.Meta):  # type: ignore[misc]
        model = User
        fields = ("username", "first_name", "groups")
        labels = _LABELS


class ChangedMember(forms.ModelForm):  # type: ignore[type-arg]
    groups = _roles()

    class Meta:
        model = User
        fields = ("username", "first_name", "groups", "is_active")
        labels = _LABELS
        help_texts: ClassVar[dict[str, str]] = {"username": "", "is_active": ""}


class Myself(forms.ModelForm):  # type: ignore[type-arg]
    """One's own name: a form that asked for roles, too, would want them filled in where they are not shown."""

    class Meta:
        model = User
        fields = ("username", "first_name")
        labels = _LABELS
        help_texts: ClassVar[dict[str, str]] = {"username": ""}


class Members(UserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """Nobody is deleted: what they did keeps their name. Nobody takes their own role or log-in away by mistake."""

    form = ChangedMember
    add_form = NewMember
    change_password_form = AdminPasswordChangeForm
    list_display = (  # type: ignore[assignment]
        plain("log_in_name", "username"),
        plain("called", "first_name"),
        "the_roles",
        "may_log_in",
        plain("last_login"),
    )
    list_filter = ()
    search_fields = ("username__iexact",)
    search_help_text = words.other("by_name")
    ordering = ("username",)
    sortable_by = ()
    filter_horizontal = ()
    actions = None
    paginator = Leafing
    show_full_result_count = False
    readonly_fields = ("the_roles", "new_password")
    fieldsets = ((None, {"fields": ("username", "first_name", "groups", "is_active", "new_password")}),)
    add_fieldsets = ((None, {"fields": ("username", "first_name", "groups", "password1", "password2")}),)

    def the_roles(self, user: User) -> str:
        return ", ".join(words.code(group.name) for group in user.groups.all())

    the_roles.short_description = words.column("roles")  # type: ignore[attr-defined]

    def may_log_in(self, user: User) -> bool:
        return user.is_active

    may_log_in.short_description = words.column("active")  # type: ignore[attr-defined]
    may_log_in.boolean = True  # type: ignore[attr-defined]

    def new_password(self, _: User) -> str:
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="../password/">{}</a>', words.other("give_password")
        )

    new_password.short_description = words.column("password")  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(Q(is_staff=True)).prefetch_related("groups")

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        if obj and obj.pk == request.user.pk:
            kwargs["form"] = Myself
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Of themselves they see what they may do, and change the rest."""
        if obj and obj.pk == request.user.pk:
            return ((None, {"fields": ("username", "first_name", "the_roles", "new_password")}),)
        return super().get_fieldsets(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        obj.is_staff = True
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002
        return False
