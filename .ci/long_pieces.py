"""List functions past 40 lines and modules past 400: worth a second look, not forbidden."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

LONG_FUNCTION = 40
LONG_MODULE = 400


def main() -> None:
    """Print the list, longest first."""
    rows = sorted((row for path in _modules() for row in _long_pieces(path)), reverse=True)
    for lines, place in rows:
        print(f"{lines:5} lines: {place}")
    print(f"{len(rows)} functions past {LONG_FUNCTION} lines or modules past {LONG_MODULE}")


def _modules() -> Iterator[Path]:
    for folder in ("src", "tests", "benchmarks"):
        yield from (path for path in Path(folder).rglob("*.py") if "migrations" not in path.parts)


def _long_pieces(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    if (lines := text.count("\n")) > LONG_MODULE:
        yield lines, str(path)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            if lines > LONG_FUNCTION:
                yield lines, f"{path}:{node.lineno} {node.name}"


if __name__ == "__main__":
    main()
