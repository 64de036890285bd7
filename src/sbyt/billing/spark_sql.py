"""A plan in the SQL of Spark."""

from __future__ import annotations

from typing import Any

import sqlglot.expressions as sge
from ibis.backends.sql.compilers import PySparkCompiler
from ibis.backends.sql.datatypes import PySparkType

from sbyt.billing.plans import Plan, Step


class _Spark4(PySparkCompiler):  # type: ignore[misc]
    """Spark orders what it concatenates since 4.0; Ibis 12 doesn't know that yet."""

    def visit_GroupConcat(self, op: Any, *, arg: Any, sep: Any, where: Any, order_by: Any) -> Any:  # noqa: N802
        if where is not None or not order_by:
            return super().visit_GroupConcat(op, arg=arg, sep=sep, where=where, order_by=order_by)
        return sge.WithinGroup(this=self.f.anon.listagg(arg, sep), expression=sge.Order(expressions=order_by))


_COMPILER = _Spark4()


def statements(plan: Plan) -> list[dict[str, Any]]:
    """Each step by its name, its query, whether to work it out once (kept) and to hand it out (wanted)."""
    queries = [_query(step) for step in plan.steps]
    return [
        {
            "name": step.name,
            "query": query,
            "kept": sum(other.count(f"`{step.name}`") for other in queries) > 1,
            "wanted": step.name in plan.outputs,
        }
        for step, query in zip(plan.steps, queries, strict=True)
    ]


def _query(step: Step) -> str:
    columns = ", ".join(
        f"CAST(`{name}` AS {PySparkType.to_string(kind)}) AS `{name}`" for name, kind in step.table.schema().items()
    )
    query = _COMPILER.to_sqlglot(step.table.unbind()).sql(dialect=_COMPILER.dialect)
    return f"SELECT {columns} FROM ({query})"
