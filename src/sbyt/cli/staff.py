"""``sbyt staff``: who may log in to the office."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

app = typer.Typer(name="staff", no_args_is_help=True, help="Say who may log in to the office.")

_NAME = typer.Argument(help="The name they log in by, like anna.")
_FROM_STDIN = typer.Option(
    False, "--password-stdin", metavar="", help="Read the password from standard input, instead of asking for it."
)


@app.command()
def add(
    name: str = _NAME,
    role: list[str] = typer.Option(help="operator, billing or administrator; may be repeated."),
    called: str = typer.Option("", help="How pages call them, like «Анна Смирнова»."),
    password_stdin: bool = _FROM_STDIN,
) -> None:
    """Let somebody log in to the office."""
    from sbyt.staff.roles import Role
    from sbyt.usecases.staff import add_member

    try:
        roles = [Role(one) for one in role]
    except ValueError as error:
        raise typer.BadParameter(f"есть роли {', '.join(Role)}", param_hint="--role") from error
    with _told():
        add_member(name, roles, _password(password_stdin), dt.datetime.now(dt.UTC), called=called)
    typer.echo(f"{name} может войти: /office/. Роли: {', '.join(roles)}.")


@app.command(name="list")
def list_() -> None:
    """Show who may log in, and who no longer may."""
    from django.conf import settings

    from sbyt.usecases.staff import members

    found = members()
    if not found:
        typer.echo("Сотрудников ещё нет. Первый: sbyt staff add ИМЯ --role administrator")
    width = max((len(member.name) for member in found), default=0)
    for member in found:
        last = member.last_login
        seen = f"входил {last.astimezone(settings.SBYT.zone):%d.%m.%Y %H:%M}" if last else "ещё не входил"
        known = (member.called, ", ".join(member.roles), seen if member.active else "✗ вход закрыт")
        typer.echo(f"{member.name:<{width}}  {'; '.join(filter(None, known))}")


@app.command()
def disable(name: str = _NAME) -> None:
    """Let somebody log in no more, and log them out wherever they are. What they did keeps their name."""
    from sbyt.usecases.staff import disable_member

    with _told():
        was = disable_member(name)
    typer.echo(f"{name} больше не войдёт." if was else f"{name} и раньше не мог войти: ничего не изменилось.")


@app.command()
def enable(name: str = _NAME) -> None:
    """Let somebody log in again."""
    from sbyt.usecases.staff import enable_member

    with _told():
        enable_member(name)
    typer.echo(f"{name} снова может войти.")


@app.command()
def password(name: str = _NAME, password_stdin: bool = _FROM_STDIN) -> None:
    """Give somebody a new password; wherever they are logged in, they must log in anew."""
    from sbyt.usecases.staff import set_password

    with _told():
        set_password(name, _password(password_stdin))
    typer.echo(f"Новый пароль для {name} задан.")


@app.command()
def reset(name: str = _NAME) -> None:
    """Let somebody in by the password alone again: the phone or key of their second factor is lost."""
    from sbyt.usecases.staff import forget_second_factor

    with _told():
        was = forget_second_factor(name)
    told = "второй шаг входа выключен, ключи забыты" if was else "второго шага входа и так не было"
    typer.echo(f"{name}: {told}. Войти можно по паролю.")


@contextmanager
def _told() -> Iterator[None]:
    from sbyt.usecases.staff import UnableToChangeStaff

    try:
        yield
    except UnableToChangeStaff as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    chosen: str = typer.prompt("Пароль", hide_input=True, confirmation_prompt="Ещё раз")
    return chosen
