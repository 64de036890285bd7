"""What is wrong with an installation's configuration: all of it at once, each with its place and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing to put right. ``place`` is a file with a line, or a variable of the environment."""

    place: str
    said: str

    def __str__(self) -> str:
        return f"{self.place}: {self.said}"


class UnableToStart(ValueError):
    """The configuration can't be used as it is; ``problems`` holds everything found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))
