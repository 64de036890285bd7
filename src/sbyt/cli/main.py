"""The commands of ``sbyt``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from sbyt.cli import channels, notices, staff


class DatabaseCommands(TyperGroup):
    """Commands on one database: each begins only if it is ready, and none ends in a traceback if it is lost."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if "--help" not in rest:
            _begin(name or "")
        return name, command, rest

    def invoke(self, ctx: Any) -> Any:
        from django.db import DatabaseError

        try:
            return super().invoke(ctx)
        except DatabaseError as error:
            from sbyt.cli.readiness import NOT_READY, database_name, is_out_of_reach

            if not is_out_of_reach(error):
                raise
            reason = str(error).strip().partition("\n")[0]
            typer.echo(f"База {database_name()} не отвечает: {reason}", err=True)
            typer.echo("Проверьте DATABASE_URL и что база доступна; подробнее: sbyt doctor", err=True)
            raise typer.Exit(NOT_READY) from error


def _begin(command: str) -> None:
    if command == "demo":  # it brings an installation of its own, whatever this one is
        return
    import django

    django.setup()
    from sbyt.cli.readiness import PREPARING, require_migrated

    if command not in PREPARING:
        require_migrated()
        if command in _SEEDING:
            _seed()


#: The commands that put into the table what sbyt.toml says of channels: those that talk to customers.
_SEEDING = frozenset({"say", "work", "serve", "console", "channels", "notices"})


def _seed() -> None:
    """Put into the table what sbyt.toml says of channels, where that is new."""
    import datetime as dt

    from django.conf import settings

    from sbyt.messaging.statuses import seed_channels

    # Without a file the settings are nobody's decision: they say only what nothing was ever said of.
    seed_channels(settings.SBYT, dt.datetime.now(dt.UTC), only_new=settings.SBYT_FILE is None)


app = typer.Typer(
    cls=DatabaseCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.add_typer(channels.app)
app.add_typer(notices.app)
app.add_typer(staff.app)


def _show_version(asked: bool) -> None:
    if asked:
        import importlib.metadata

        typer.echo(f"sbyt {importlib.metadata.version('sbyt')}")
        raise typer.Exit


@app.callback()
def start(
    version: bool = typer.Option(
        False, "--version", metavar="", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Readings in, bills out.

    DATABASE_URL names the database (default: SQLite in ./var), SBYT_CONFIG the settings (default: ./sbyt.toml).
    """


@app.command()
def migrate() -> None:
    """Prepare an empty database, or bring one up to date."""
    from django.core.management import call_command

    from sbyt.cli.readiness import database_name, refuse, sqlite_file, unknown_migrations, waiting_migrations

    file = sqlite_file()
    if file:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            refuse(f"Папку {file.parent} для базы не создать ({error.strerror}). Назовите другую в DATABASE_URL.")
    if unknown := unknown_migrations():
        refuse(f"База {database_name()} сделана более новой версией sbyt ({', '.join(unknown)}). Обновите программу.")
    waiting = waiting_migrations()
    if not waiting:
        _seed()
        typer.echo(f"База {database_name()} уже готова, менять нечего.")
        return
    call_command("migrate", interactive=False, verbosity=0)
    _seed()
    typer.echo(f"База {database_name()} готова. Применено изменений: {len(waiting)}.")


@app.command()
def doctor() -> None:
    """Check this installation and say what to mend; the exit status is 1 if anything must be."""
    from sbyt.cli.doctor import examine

    examine()


@app.command()
def say(
    text: str = typer.Argument("", help="What the customer sends."),
    channel: str = typer.Option("console", help="The channel it comes through, like sms or email."),
    sender: str = typer.Option("", "--from", help="Who sends it: a phone, an e-mail, a chat."),
    id: str = typer.Option(None, help="The provider's message id; the same again gives the first answer again."),
    at: str = typer.Option(None, help="When it was accepted: local time, like 2026-11-20T10:00:00 (default: now)."),
    jsonl: bool = typer.Option(
        False, "--jsonl", metavar="", help="Read a JSON object a line from standard input, write as many."
    ),
    json_output: bool = typer.Option(
        False, "--json", metavar="", help="Show the whole result as JSON, not only the reply."
    ),
) -> None:
    """Put a message through the real path: inbox, dialogue, checks, outbox."""
    from django.conf import settings

    from sbyt.cli.say import run

    message = {"channel": channel, "from": sender, "text": text, "id": id, "at": at}
    raise typer.Exit(run(message, settings.SBYT, jsonl=jsonl, as_json=json_output))


@app.command()
def work(
    once: bool = typer.Option(False, "--once", metavar="", help="Do what is due now and end, as for cron."),
) -> None:
    """Handle what came in, send what is to be said, until stopped. May run as often as is useful."""
    from django.conf import settings

    from sbyt.cli.work import work as work_on
    from sbyt.usecases.open_document import documents_of

    channels = settings.CONNECTED_CHANNELS()
    raise typer.Exit(work_on(settings.SBYT, channels, once=once, documents=documents_of(settings.SBYT)))


@app.command()
def serve(
    host: str = typer.Option("127.0.0.1", help="Where to listen; 0.0.0.0 for all of this machine's addresses."),
    port: int = typer.Option(8000, min=1, max=65535, help="The port to listen on."),
    workers: int = typer.Option(1, min=1, max=256, help="How many processes answer; one a core is a good beginning."),
    threads: int = typer.Option(
        4, min=1, max=64, help="How many requests a process answers at once, each with a connection to the database."
    ),
) -> None:
    """Answer providers' webhooks at /in/CHANNEL, people at /, /webform and /bill, staff at /office/.

    /healthz and /metrics tell how it goes.

    Listens on this machine only: a web server with a certificate belongs before it.
    """
    from sbyt.cli.serve import serve as serve_on

    serve_on(host, port, workers, threads)


@app.command()
def console(
    sender: str = typer.Option("console", "--from", help="Who you are: a phone, an e-mail, a chat."),
) -> None:
    """Talk with sbyt as a customer would: type a message, see the answer and what may be pressed. Ctrl+D ends it."""
    from django.conf import settings

    from sbyt.cli.console import chat

    raise typer.Exit(chat(sender, settings.SBYT))


@app.command()
def inbox(
    again: list[str] = typer.Option(
        [], "--again", metavar="NUMBER|all", help="Handle again what failed, once the fault is mended; may be repeated."
    ),
    by: str = typer.Option(None, "--by", metavar="NAME", help="Who decides; by default who is logged in."),
) -> None:
    """Show what waits to be handled, and what people have because handling it failed."""
    from django.conf import settings

    from sbyt.cli.inbox import again as handle_again
    from sbyt.cli.inbox import show
    from sbyt.cli.terminal import staff_name

    raise typer.Exit(handle_again(again, staff_name(by)) if again else show(settings.SBYT))


@app.command()
def outbox(
    retry: list[int] = typer.Option([], "--retry", metavar="NUMBER", help="Send this message again; may be repeated."),
    drop: list[int] = typer.Option([], "--drop", metavar="NUMBER", help="Let this message be; may be repeated."),
) -> None:
    """Show what waits to be sent, and what did not arrive and why."""
    from django.conf import settings

    from sbyt.cli.outbox import connected, mend, show

    raise typer.Exit(mend(retry, drop) if retry or drop else show(settings.SBYT, connected()))


@app.command(name="import")
def import_(
    paths: list[str] = typer.Argument(help="CSV files, folders of them, or - for standard input.", metavar="PATH…"),
    retroactive: bool = typer.Option(
        False, "--retroactive", metavar="", help="Take prices and norms also where they change a period already billed."
    ),
) -> None:
    """Take accounts, meters, tariffs, norms, readings, payments and charges from CSV: each file whole or not at all.

    The same file again changes nothing. The exit status is 1 if any file was refused; its rows are named.
    """
    from django.conf import settings

    from sbyt.cli.import_export import run_import

    raise typer.Exit(run_import(paths, settings.SBYT, retroactive=retroactive))


@app.command()
def export(
    table: str = typer.Argument(help="accounts, meters, readings, charges or bills."),
    period: str = typer.Option(None, help="Only that month's bills or readings, like 2026-11."),
    since: str = typer.Option(None, help="Only what was loaded or billed since, local time like 2026-11-20T10:00:00."),
    format: str = typer.Option("csv", help="csv or parquet."),
) -> None:
    """Write a table to standard output: CSV in the columns in which it is imported, or Parquet."""
    from django.conf import settings

    from sbyt.cli.import_export import run_export
    from sbyt.usecases.export_tables import Format, Table

    try:
        chosen, form = Table(table), Format(format)
    except ValueError as error:
        raise typer.BadParameter(f"есть таблицы {', '.join(Table)} и форматы {', '.join(Format)}") from error
    raise typer.Exit(run_export(chosen, settings.SBYT, period=period, since=since, form=form))


@app.command()
def bill(
    period: str = typer.Argument(help="The month to bill, like 2026-11."),
    dry_run: bool = typer.Option(
        False, "--dry-run", metavar="", help="Work it out and show the summary, but save nothing."
    ),
    missing: bool = typer.Option(
        False, "--missing", metavar="", help="Bill those of the last month that could not be billed then."
    ),
    only: str = typer.Option(
        None, metavar="STREET|ACCOUNTS", help="With --dry-run or --missing: only this street, or accounts by commas."
    ),
    prices: Path = typer.Option(
        None, metavar="FILE", help="With --dry-run: what would it come to with these tariffs or norms? By category."
    ),
    full: bool = typer.Option(
        False, "--full", metavar="", help="Look at all histories anew instead of going on. Comes to the same."
    ),
    ahead: bool = typer.Option(
        False, "--ahead", metavar="", help="Begin with a month that has not begun; only the next can follow."
    ),
    engine: str = typer.Option("duckdb", metavar="duckdb|spark", help="What works it out. Comes to the same."),
    master: str = typer.Option(None, metavar="URL", help="With --engine spark: where, like local[2] or spark://host."),
    snapshot: Path = typer.Option(
        None, metavar="FOLDER", help="With --engine spark: where what it computes with is written, and stays."
    ),
) -> None:
    """Bill a month: all accounts, whole or not at all. A month already billed is only summed up."""
    from django.conf import settings

    from sbyt.cli.billing import Computer, Wanted, bill_period

    try:
        computer = Computer(engine)
    except ValueError as error:
        raise typer.BadParameter(f"есть {', '.join(Computer)}", param_hint="--engine") from error
    wanted = Wanted(
        dry_run=dry_run,
        missing=missing,
        full=full,
        ahead=ahead,
        only=only,
        prices=prices,
        computer=computer,
        master=master,
        snapshot=snapshot,
    )
    raise typer.Exit(bill_period(period, settings.SBYT, wanted))


@app.command()
def holds(
    period: str = typer.Argument("", help="The month of the bills, like 2026-11 (default: the last one billed)."),
    release: list[str] = typer.Option(
        [], "--release", metavar="ACCOUNT", help="This account's bill is right: let it be sent; may be repeated."
    ),
    note: str = typer.Option("", "--note", help="What whoever looked at it found; stays with the bill."),
    by: str = typer.Option(None, "--by", metavar="NAME", help="Who decides; by default who is logged in."),
) -> None:
    """Show which bills look wrong and wait to be looked at before they are sent, and release them."""
    from sbyt.cli.holds import Decision, look_after
    from sbyt.cli.terminal import staff_name

    decision = Decision(tuple(release), note, staff_name(by)) if release or note else None
    raise typer.Exit(look_after(period, decision))


@app.command()
def receipts(
    period: str = typer.Argument("", help="The month of the bills, like 2026-11."),
    account: list[str] = typer.Option([], "--account", metavar="NUMBER", help="Only this account; may be repeated."),
    for_print: bool = typer.Option(
        False, "--print", metavar="", help="Files of 500 sheets for a print shop, in the order of a postman's walk."
    ),
    send: bool = typer.Option(
        False, "--send", metavar="", help="Hand those that are wanted by e-mail over to be sent."
    ),
    out: Path = typer.Option(Path("var/receipts"), "--out", metavar="FOLDER", help="Where the files go."),
    template: Path | None = typer.Option(
        None, "--template", metavar="FOLDER", help="Copy the template and the words there, to be changed."
    ),
) -> None:
    """Make the bills of a month as PDF, fixed from then on. Stopped, it goes on when it is called again."""
    from django.conf import settings

    from sbyt.cli.receipts import Wanted, copy_template, make_receipts

    if template is not None:
        raise typer.Exit(copy_template(template))
    wanted = Wanted(tuple(account), for_print, send, out, settings.CONNECTED_CHANNELS)
    raise typer.Exit(make_receipts(period, settings.SBYT, settings.BILL_KEYS, wanted))


@app.command()
def deliver(
    account: str = typer.Argument(help="Number of the account."),
    how: str = typer.Argument(metavar="paper|electronic", help="How its bills are wanted from now on."),
    by: str = typer.Option(None, "--by", metavar="NAME", help="Who took it down; by default who is logged in."),
) -> None:
    """Take down whether a customer wants the bill on paper or by e-mail."""
    from sbyt.cli.bills import choose_delivery

    raise typer.Exit(choose_delivery(account, how, by))


@app.command()
def revoke(
    account: str = typer.Argument(help="Number of the account."),
    why: str = typer.Option(..., "--why", help="What happened: a bill was lost, or a stranger has seen it."),
    by: str = typer.Option(None, "--by", metavar="NAME", help="Who decides; by default who is logged in."),
) -> None:
    """Let the QR code and the code on an account's bills open nothing any more. The next bill brings new ones."""
    from sbyt.cli.bills import revoke_codes

    raise typer.Exit(revoke_codes(account, why, by))


@app.command()
def explain(
    account: str = typer.Argument(help="Number of the account."),
    period: str = typer.Argument(help="The month of the bill, like 2026-11."),
    english: bool = typer.Option(False, "--english", metavar="", help="Tell it in English."),
) -> None:
    """Say why a bill is what it is: each line with its readings, shares, prices, and what was billed before."""
    from django.conf import settings

    from sbyt.cli.explain import explain_account

    raise typer.Exit(explain_account(account, period, "en" if english else settings.SBYT.language))


@app.command()
def find(
    number: str = typer.Argument(help="The short number at the end of an answer, like 24K7."),
    full: bool = typer.Option(False, "--full", metavar="", help="Show senders and recipients unmasked."),
) -> None:
    """Show the message a number stands for, what was answered and what came of it."""
    from django.conf import settings

    from sbyt.cli.find import run_find

    raise typer.Exit(run_find(number, settings.SBYT, full=full))


@app.command()
def link(
    account: str = typer.Argument(help="The account's number."),
    phone: str = typer.Option("", help="The phone that may speak for it."),
    email: str = typer.Option("", help="The e-mail address."),
    chat: str = typer.Option("", help="The chat, like telegram:123456."),
    by: str = typer.Option(None, help="Who checked the person (default: your login name)."),
) -> None:
    """Let somebody see an account, once you have checked who they are. Its owners are told."""
    from django.conf import settings

    from sbyt.cli.links import run_link

    connected = list(settings.CONNECTED_CHANNELS()) or None
    raise typer.Exit(run_link(account, settings.SBYT, connected, phone=phone, email=email, chat=chat, by=by))


@app.command()
def unlink(
    account: str = typer.Argument(help="The account's number."),
    phone: str = typer.Option("", help="The phone that may no longer speak for it."),
    email: str = typer.Option("", help="The e-mail address."),
    chat: str = typer.Option("", help="The chat, like telegram:123456."),
    by: str = typer.Option(None, help="Who decided it (default: your login name)."),
) -> None:
    """End what sbyt link began."""
    from django.conf import settings

    from sbyt.cli.links import run_unlink

    raise typer.Exit(run_unlink(account, settings.SBYT, phone=phone, email=email, chat=chat, by=by))


@app.command()
def demo(
    accounts: int = typer.Option(2000, min=20, max=200_000, help="How many accounts the town has, when it is made."),
    reset: bool = typer.Option(False, "--reset", metavar="", help="Throw the town away and make it anew."),
    port: int = typer.Option(8000, min=1, max=65535, help="The port; if it is taken, the next free one."),
    english: bool = typer.Option(False, "--english", metavar="", help="Tell it in English, not in Russian."),
    console: bool = typer.Option(
        False, "--console", metavar="", help="No browser: a month of seven accounts, told here."
    ),
) -> None:
    """See it work: a made-up town, in your browser. It is kept in var/demo, and started again where it was."""
    if console:
        from sbyt.cli.demo import ENGLISH, RUSSIAN, play

        play(ENGLISH if english else RUSSIAN)
        return
    from sbyt.cli import demo_site_words
    from sbyt.cli.demo_site import show

    words, language = (demo_site_words.ENGLISH, "en") if english else (demo_site_words.RUSSIAN, "ru")
    raise typer.Exit(show(words, accounts=accounts, reset=reset, language=language, port=port))
