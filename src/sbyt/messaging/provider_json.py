"""Reads what providers post as JSON, and says what is wrong with it without repeating it."""

from __future__ import annotations

import datetime as dt
import hmac
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from sbyt.messaging.channel import UnableToParse

Model = TypeVar("Model", bound=BaseModel)


def read_as(model: type[Model], body: bytes) -> Model:
    """What a provider posted; fields that the model doesn't name are let be.

    :raises UnableToParse: if it is of another form.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise UnableToParse(told(error)) from error


def told(error: ValidationError) -> str:
    """Which field is wrong and how, and nothing of what it holds."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'тело'}: {first['type']}."


def is_same(given: str, secret: str) -> bool:
    """Compare in constant time; nothing is never the same."""
    return bool(secret) and hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())


def moment(seconds: float) -> dt.datetime:
    """A time that a provider gives in seconds since 1970.

    :raises UnableToParse: if there is no such time.
    """
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UnableToParse("Время сообщения невозможно.") from error
