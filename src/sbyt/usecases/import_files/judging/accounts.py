"""accounts.csv: who holds which account, where, and from when with which category and residents."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from sbyt.accounts.operations import load_accounts, load_occupancies
from sbyt.bulk import Bulk
from sbyt.core.identifiers import account_key, email_address, phone_number
from sbyt.usecases.import_files.judging.verdict import Context, Verdict, in_utc
from sbyt.usecases.import_files.workspace import Workspace

_PARTS = ("address", "district", "street", "house", "flat")
#: What an account has whatever the month: the column of the file, the column stored.
_UNDATED = {"holder": "name", "phone": "phone", "email": "email", "opening_balance": "opening_balance"} | {
    part: part for part in _PARTS
}

_BARE_PHONE = "regexp_replace(phone, '[ ()\u00a0-]', '', 'g')"
#: SQL for the phones that most files are full of, as ``phone_number`` reads them; NULL for others.
USUAL_PHONE = (
    f"CASE WHEN regexp_full_match({_BARE_PHONE}, '(\\+7|8)\\d{{10}}') THEN concat('+7', right({_BARE_PHONE}, 10)) END"
)


def judge(work: Workspace, bulk: Bulk, context: Context) -> Verdict:
    """Hold the accounts against each other and against those known.

    A column that the file doesn't have leaves what is known as it is, an empty cell of one that it has empties it
    (but for the opening balance). An account may stand on several rows that differ in ``valid_from``, category and
    residents only.
    """
    _read_stored(work, bulk)
    _normalise(work)
    _reject_contradictions(work)
    _undated(work)
    _dated(work, context)
    new = work.number("SELECT count(*) FROM wanted WHERE is_new")
    changed = work.number(
        "SELECT count(*) FROM (SELECT number FROM wanted WHERE is_changed UNION SELECT number FROM dated "
        "WHERE number IN (SELECT number FROM stored_account))"
    )

    def load() -> None:
        work.run("DELETE FROM wanted WHERE NOT is_new AND NOT is_changed")
        touched = work.in_order(
            "line, number, key, name, phone, email, address, district, street, house, flat, opening_balance, "
            f"phone_link, email_link, {context.at_sql} AS at",
            "wanted",
        )
        load_accounts(bulk, in_utc(touched, "at"))
        load_occupancies(bulk, work.table("SELECT number, valid_from, category, residents FROM dated ORDER BY line"))

    return Verdict(new, changed, load, [*_odd(work, "phone", "телефон"), *_odd(work, "email", "адрес почты")])


def _odd(work: Workspace, column: str, what: str) -> Iterator[str]:
    """A note of the phones and e-mails that are none: they are kept, but nobody can be known by them."""
    none = f"FROM rows JOIN one_{column} o ON o.given = rows.{column} WHERE o.one IS NULL"
    if count := work.number(f"SELECT count(*) {none}"):
        line = work.number(f"SELECT min(rows.line) {none}")
        yield f"это не {what}, отправителя по нему не узнать: строк {count}, первая {line}"


def _read_stored(work: Workspace, bulk: Bulk) -> None:
    bulk.scratch("wanted_accounts", work.stream("SELECT DISTINCT account AS number FROM rows"))
    texts = ("number", "name", "phone", "email", *_PARTS)
    work.keep(
        "stored_account",
        bulk.read(
            "SELECT a.number, c.name, c.phone, c.email, p.address, p.district, p.street, p.house, p.flat, "
            "a.opening_balance, EXISTS (SELECT 1 FROM billing_bill b WHERE b.account_id = a.id) AS is_billed "
            "FROM wanted_accounts w JOIN accounts_account a ON a.number = w.number "
            "JOIN accounts_customer c ON c.id = a.customer_id JOIN accounts_premises p ON p.id = a.premises_id",
            pa.schema(
                [*((name, pa.string()) for name in texts), ("opening_balance", pa.int64()), ("is_billed", pa.bool_())]
            ),
        ),
    )
    work.keep(
        "stored_occupancy",
        bulk.read(
            "SELECT a.number, o.valid_from, o.category, o.residents FROM wanted_accounts w "
            "JOIN accounts_account a ON a.number = w.number JOIN accounts_occupancy o ON o.account_id = a.id",
            pa.schema(
                [
                    ("number", pa.string()),
                    ("valid_from", pa.int64()),
                    ("category", pa.string()),
                    ("residents", pa.int64()),
                ]
            ),
        ),
    )


def _normalise(work: Workspace) -> None:
    """Keys of accounts, phones and e-mails in their one form: the usual ones in SQL, each other text once in Python."""
    _map(work, "phone", USUAL_PHONE, phone_number)
    _map(work, "email", "CAST(NULL AS VARCHAR)", email_address)
    _map(
        work,
        "account",
        "CASE WHEN regexp_full_match(account, '[0-9]*[1-9][0-9]*') THEN ltrim(account, '0') END",
        account_key,
    )


def _map(work: Workspace, column: str, usual: str, other: Callable[[str], str | None]) -> None:
    """Make the table ``one_<column>`` of the texts of a column: given, one (NULL where it has no such form)."""
    work.run(
        f'CREATE TABLE one_{column} AS SELECT "{column}" AS given, {usual} AS one '
        f'FROM (SELECT DISTINCT "{column}" FROM rows WHERE "{column}" <> \'\')'
    )
    rest = work.table(f"SELECT given FROM one_{column} WHERE one IS NULL").column(0).to_pylist()
    if rest:
        found = pa.table({"given": rest, "one": pa.array([other(text) for text in rest], pa.string())})
        work.keep("found", found)
        work.run(f"UPDATE one_{column} SET one = found.one FROM found WHERE found.given = one_{column}.given")


def _reject_contradictions(work: Workspace) -> None:
    work.run("CREATE TABLE first_row AS SELECT account, min(line) AS line FROM rows GROUP BY account")
    for column in _UNDATED:
        if work.layout.has(column):
            work.reject(
                column,
                "concat('в строке ', first_line, ' у этого лицевого счёта другое значение')",
                f"FROM (SELECT rows.line, f.line AS first_line FROM rows JOIN first_row USING (account) "
                f'JOIN rows f ON f.line = first_row.line WHERE rows."{column}" IS DISTINCT FROM f."{column}")',
            )
    if work.layout.has("opening_balance"):
        work.reject(
            "opening_balance",
            "'счета этому лицевому счёту уже выставлены, начальный долг изменить нельзя'",
            "FROM rows JOIN stored_account s ON s.number = rows.account "
            "WHERE s.is_billed AND rows.opening_balance <> s.opening_balance",
        )


def _undated(work: Workspace) -> None:
    """``wanted``: what each account is to be, whether it is new, whether that changes it."""
    given = {column: f'rows."{column}"' for column in _UNDATED}
    given["phone"] = "coalesce(one_phone.one, rows.phone)"
    given["email"] = "coalesce(one_email.one, rows.email)"
    chosen = []
    for column, stored in _UNDATED.items():
        empty = "0" if column == "opening_balance" else "''"
        wanted = given[column] if work.layout.has(column) else "NULL"
        chosen.append(f"coalesce({wanted}, s.{stored}, {empty}) AS {stored}")
    work.run(
        "CREATE TABLE wanted_texts AS SELECT rows.line, rows.account AS number, one_account.one AS key, "
        f"{', '.join(chosen)}, s.number IS NULL AS is_new FROM rows JOIN first_row USING (line) "
        "LEFT JOIN one_phone ON one_phone.given = rows.phone LEFT JOIN one_email ON one_email.given = rows.email "
        "JOIN one_account ON one_account.given = rows.account LEFT JOIN stored_account s ON s.number = rows.account"
    )
    differs = " OR ".join(f"s.{stored} <> w.{stored}" for stored in _UNDATED.values())
    work.run(
        "CREATE TABLE wanted AS SELECT w.*, "
        "CASE WHEN regexp_full_match(w.phone, '\\+\\d{5,15}') THEN w.phone ELSE '' END AS phone_link, "
        "CASE WHEN w.email IN (SELECT one FROM one_email WHERE one IS NOT NULL) OR w.email = s.email AND "
        "regexp_full_match(w.email, '[^@\\s]+@[^\\s]*\\.[^\\s]*') THEN w.email ELSE '' END AS email_link, "
        f"NOT w.is_new AND ({differs}) AS is_changed FROM wanted_texts w LEFT JOIN stored_account s USING (number)"
    )


def _dated(work: Workspace, context: Context) -> None:
    """``dated``: the categories and residents that are new, or other than before (billing rule 8)."""
    unbilled = 0 if context.last_billed is None else context.last_billed + 1
    work.run(
        "CREATE TABLE given AS SELECT rows.line, rows.account AS number, category, residents, "
        "rows.valid_from IS NOT NULL OR s.number IS NULL AS is_dated, "
        f"coalesce(rows.valid_from, CASE WHEN s.number IS NULL THEN 0 ELSE {unbilled} END) AS valid_from "
        "FROM rows LEFT JOIN stored_account s ON s.number = rows.account"
    )
    work.reject(
        "residents",
        "concat('в строке ', first_line, ' с того же месяца указано другое')",
        "FROM (SELECT line, min(line) OVER same AS first_line, row_number() OVER same AS place, "
        "first_value(category) OVER same AS first_category, first_value(residents) OVER same AS first_residents, "
        "category, residents FROM given WINDOW same AS (PARTITION BY number, valid_from ORDER BY line)) "
        "WHERE category <> first_category OR residents <> first_residents",
    )
    # What is in force then, of what is stored and what the file says of earlier months itself.
    work.run(
        "CREATE TABLE timeline AS SELECT number, valid_from, category, residents FROM given WHERE is_dated "
        "UNION ALL SELECT s.* FROM stored_occupancy s ANTI JOIN (SELECT * FROM given WHERE is_dated) g "
        "ON g.number = s.number AND g.valid_from = s.valid_from"
    )
    # Beside dated rows of the same account, an undated one tells what was before them: the same again is no change.
    work.run(
        "CREATE TABLE before_dated AS SELECT f.number, s.category, s.residents "
        "FROM (SELECT number, min(valid_from) AS first FROM given WHERE is_dated GROUP BY number) f "
        "ASOF JOIN stored_occupancy s ON s.number = f.number AND s.valid_from < f.first"
    )
    work.run(
        "CREATE TABLE dated AS SELECT min(g.line) AS line, g.number, g.valid_from, any_value(g.category) AS category, "
        "any_value(g.residents) AS residents FROM given g "
        "LEFT JOIN stored_occupancy s ON s.number = g.number AND s.valid_from = g.valid_from "
        "ASOF LEFT JOIN timeline t ON t.number = g.number AND t.valid_from <= g.valid_from "
        "WHERE CASE WHEN g.is_dated THEN s.number IS NULL OR (s.category, s.residents) <> (g.category, g.residents) "
        "ELSE t.number IS NULL OR (t.category, t.residents) <> (g.category, g.residents) "
        "AND (g.number, g.category, g.residents) NOT IN (SELECT (number, category, residents) FROM before_dated) END "
        "GROUP BY g.number, g.valid_from"
    )
