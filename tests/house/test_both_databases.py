"""Whatever touches a database is tried on SQLite and on PostgreSQL, but for what only one of them has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]

#: Fixtures that give one kind of database; beside them, an address of SQLite written out.
OF_ONE_KIND = {"sqlite_database", "fresh_sqlite", "postgresql_database", "fresh_postgresql"}

#: Which file, or which function of a file, asks for one kind only, and why.
REASONS = {
    "cli/test_bill_on_spark.py: test_the_example_is_billed_byte_for_byte": "Spark never sees which database there is",
    "billing/test_spark.py: test_a_town_is_billed_the_same": "Spark never sees which database there is",
    "bulk/test_transaction.py: test_on_sqlite_the_write_lock_is_held_from_the_start": "its lock is on the file",
    "bulk/test_transaction.py: test_on_sqlite_reading_leaves_writers_alone": "its readers and writers share a file",
    "bulk/test_transaction.py: test_on_postgresql_two_writers_wait_for_each_other": "only it has advisory locks",
    "bulk/test_transaction.py: test_on_postgresql_an_id_that_was_given_and_not_committed_is_waited_for": (
        "only it has writers beside each other"
    ),
    "cli/test_doctor.py: test_a_file_that_is_not_there_is_to_be_made": "a file may be missing, a server answers",
    "cli/test_start.py: test_migrate_makes_the_folder_and_the_database": "a server needs no folder of ours",
    "cli/test_start.py: test_without_a_file_the_command_that_makes_it_is_named": "a file may be missing",
    "cli/test_start.py: test_what_is_no_database_is_told_in_a_line": "a file may hold something else",
    "cli/test_start.py: test_a_database_that_does_not_answer_is_told_in_a_line": "a server may be out of reach",
    "cli/test_demo_site.py: demonstrating": "the demonstration is on SQLite, so that nothing has to be set up",
    "cli/test_start.py: test_a_database_that_the_server_has_not_is_told_in_a_line": "a server has several",
    "config/test_database.py": "it reads addresses and opens none",
    "config/test_logs.py: test_a_value_that_the_database_can_not_read_is_not_quoted": "SQLite keeps any value",
    "conftest.py": "it makes both",
    "messaging/test_inbox.py: test_two_workers_take_different_senders_without_waiting": "SQLite has one writer",
    "messaging/test_inbox.py: test_who_takes_what_another_has_just_handled_takes_the_next": "SQLite has one writer",
    "messaging/test_outbox_properties.py": "each kind has a test of its own",
    "simulation/test_mutations.py": "what breaks is our code, not the database",
    "simulation/test_simulation.py": "each kind has a test of its own",
    "cli/test_work.py: test_a_database_that_is_lost_is_waited_for_with_a_line_not_a_flood": "a server may be lost",
    "usecases/test_receive_message_outages.py": "each kind fails in its own way",
    "house/test_both_databases.py": "it looks for the names",
}


def who_asks_for_one_kind() -> Iterator[str]:
    for path in sorted(TESTS.rglob("*.py")):
        file = path.relative_to(TESTS).as_posix()
        if path.parent.name == "support":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and _names_one_kind(node):
                yield file if file in REASONS else f"{file}: {node.name}"


def _names_one_kind(node: ast.FunctionDef) -> bool:
    """By a parameter, or in a text: for ``usefixtures``, ``getfixturevalue``, ``DATABASE_URL``."""
    asked = {argument.arg for argument in node.args.args}
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    named = OF_ONE_KIND.intersection(texts)
    return bool(asked & OF_ONE_KIND or named or any("sqlite://" in text or "postgresql://" in text for text in texts))


def test_who_asks_for_one_kind_of_database_has_a_reason() -> None:
    assert sorted(set(who_asks_for_one_kind()) - set(REASONS)) == []


def test_no_reason_outlives_who_had_it() -> None:
    there = {one for one in REASONS if (TESTS / one.partition(":")[0]).exists()}
    assert sorted(there - set(who_asks_for_one_kind())) == []
