"""What import-linter can't see of the layers: relations between tables, and what columns hold."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).parents[2]
#: Our own tables; those of Django and of the apps that log people in follow rules of their own.
MODELS = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("sbyt.")]


def layers() -> list[str]:
    """The packages from the uppermost down, as import-linter is told; those side by side are a line together."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = declared["tool"]["importlinter"]["contracts"]
    return next(contract["layers"] for contract in contracts if contract["type"] == "layers")


def package(model: type[models.Model]) -> str:
    """``sbyt.accounts.models`` belongs to ``accounts``."""
    return model.__module__.split(".")[1]


def relations() -> list[tuple[str, str, str]]:
    """Every relation of every table: its name, the package that has it, the package that it points to."""
    return [
        (f"{model.__name__}.{field.name}", package(model), package(field.related_model))
        for model in MODELS
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model in MODELS
    ]


@pytest.mark.parametrize(("name", "owner", "target"), relations(), ids=str)
def test_a_relation_never_points_up(name: str, owner: str, target: str) -> None:
    order = {name: place for place, line in enumerate(layers()) for name in line.split(" | ")}
    assert order[owner] <= order[target], f"{name} points from {owner} up to {target}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_tables_hold_whole_numbers(model: type[models.Model]) -> None:
    """SQLite stores decimals as binary floats: kopecks and units are whole (docs/decisions/0002)."""
    inexact = [
        field.name for field in model._meta.get_fields() if isinstance(field, models.DecimalField | models.FloatField)
    ]
    assert inexact == []


def test_every_package_with_tables_is_an_app_with_migrations() -> None:
    with_tables = {path.parent.name for path in (ROOT / "src/sbyt").glob("*/models.py")}
    ours = [config for config in apps.get_app_configs() if config.name.startswith("sbyt.")]
    installed = {config.label for config in ours if any(config.get_models())}
    migrated = {path.parent.parent.name for path in (ROOT / "src/sbyt").glob("*/migrations/0001_initial.py")}
    assert with_tables == installed == migrated


@pytest.mark.parametrize(
    "model", [model for model in MODELS if not model._meta.auto_created], ids=lambda model: model.__name__
)
def test_nothing_is_deleted_along_with_what_it_belongs_to(model: type[models.Model]) -> None:
    """Charges, payments and readings are only ever added: no row may vanish because another does."""
    cascading = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE
    ]
    assert cascading == []


def test_constraints_and_indexes_have_names_of_their_own() -> None:
    names = [
        piece.name
        for piece in itertools.chain.from_iterable([*m._meta.constraints, *m._meta.indexes] for m in MODELS)
        if piece.name
    ]
    assert len(names) == len(set(names))
