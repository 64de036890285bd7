"""The one place that names the channels. An installation changes any of it in its ``sbyt.toml``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from sbyt.config.problems import Problem, UnableToStart
from sbyt.core.settings import ChannelSettings, ChannelState, Section, Settings
from sbyt.messaging.channel import Channel, Clock, Handset, Setup, UnableToSetUp

#: What may not go through foreign messengers, unless the company knows that it may (149-FZ art. 10, 41-FZ of 2025).
_FOREIGN: Mapping[str, Any] = {"personal_data": False, "payment_documents": False}

#: Which days each way has by default: the answering machine 18 to 20, the others always (conversation.md, checks).
DEFAULT_CHANNELS: dict[str, ChannelSettings] = {
    "sms": ChannelSettings(title="SMS", rendering="short", senders="phone"),
    "voice": ChannelSettings(title="Телефон", first_day=18, last_day=20, rendering="keypad", senders="phone"),
    "email": ChannelSettings(title="E-mail", senders="email"),
    "telegram": ChannelSettings(title="Telegram", rendering="buttons", contact=True, **_FOREIGN),
    "max": ChannelSettings(title="MAX", rendering="buttons", contact=True),
    "vk": ChannelSettings(title="ВКонтакте", rendering="buttons"),
    "whatsapp": ChannelSettings(title="WhatsApp", rendering="buttons", senders="phone", **_FOREIGN),
    "viber": ChannelSettings(title="Viber", rendering="buttons", **_FOREIGN),
    "webchat": ChannelSettings(title="Чат на сайте"),
    "cabinet": ChannelSettings(title="Личный кабинет"),
    "office": ChannelSettings(title="Офис"),
    # Its address is the installation's own: it is named to customers once it is opened.
    "webform": ChannelSettings(title="Форма на сайте", rendering="buttons", state=ChannelState.PLANNED),
    "console": ChannelSettings(title="Консоль", rendering="buttons", public=False),  # of the administrator
}

#: How the titles above are said in English.
DEFAULT_ENGLISH = {
    "Телефон": "Telephone",
    "ВКонтакте": "VK",
    "Чат на сайте": "Chat on our site",
    "Личный кабинет": "Your account on our site",
    "Офис": "Our office",
    "Форма на сайте": "The form on our site",
    "Консоль": "Console",
}

#: Hardly anybody in Russia reaches these: customers are told of them only where ``sbyt.toml`` has a section for them.
ONLY_IF_WANTED = ("whatsapp", "viber")

#: The channels that are built, a line each. They are imported when they are needed: `sbyt --help` answers at once.
IMPLEMENTED: dict[str, str] = {
    "console": "sbyt.channels.console:Console",
    "email": "sbyt.channels.email:Email",
    "telegram": "sbyt.channels.telegram:Telegram",
    "max": "sbyt.channels.max:Max",
    "viber": "sbyt.channels.viber:Viber",
    "vk": "sbyt.channels.vk:Vk",
    "whatsapp": "sbyt.channels.whatsapp:WhatsApp",
    "webform": "sbyt.channels.webform:Webform",
}

#: What people hold in their hands where a channel is simulated: by it the stand-in knows what it can carry.
HANDSETS: dict[str, Handset] = {
    "sms": "short",
    "voice": "keypad",
    "email": "mail",
    "telegram": "messenger",
    "max": "messenger",
    "vk": "messenger",
    "whatsapp": "messenger",
    "viber": "messenger",
}

#: The channel of our own page.
PAGE_CHANNEL = "webform"


def channel_class(code: str) -> type[Channel]:
    """The class of a channel that is built.

    :raises KeyError: if it isn't.
    """
    module, _, name = IMPLEMENTED[code].partition(":")
    found: type[Channel] = getattr(importlib.import_module(module), name)
    return found


def options_schema(code: str) -> type[Section] | None:
    """The schema of ``[channels.<code>.options]``; None for a channel that isn't built yet."""
    return channel_class(code).Options if code in IMPLEMENTED else None


def connected(settings: Settings, environ: Mapping[str, str], clock: Clock) -> dict[str, Channel]:
    """The channels that are built and have what they need, as this installation configures them, by their code.

    In a demonstration (``[demo] simulator = true``) all others are simulated; elsewhere none is, ever.

    :raises UnableToStart: if a secret is of no use, with all such.
    """
    made, problems = {}, []
    for code in IMPLEMENTED:
        channel = channel_class(code)
        secrets = {name: environ.get(secret_variable(code, name), "") for name in (*channel.needs, *channel.may_have)}
        if code not in settings.channels or not all(secrets[name] for name in channel.needs):
            continue
        options = channel.Options.model_validate(settings.channels[code].options)
        if not all(getattr(options, name) for name in channel.needs_options):
            continue
        try:
            made[code] = channel.connect(Setup(options, secrets, clock))
        except UnableToSetUp as error:
            problems.append(Problem(secret_variable(code, error.variable), error.said))
    if problems:
        raise UnableToStart(problems)
    return {**made, **_stand_ins(settings, made)} if settings.demo.simulator else made


def _stand_ins(settings: Settings, made: Mapping[str, Channel]) -> dict[str, Channel]:
    """What a demonstration has in place of the channels that aren't connected."""
    from sbyt.channels.simulated import simulated

    return {code: simulated(code, HANDSETS.get(code, "page")) for code in settings.channels if code not in made}


def secret_variable(code: str, name: str) -> str:
    """The variable of the environment that holds a secret of a channel: ``SBYT_MAX_TOKEN``."""
    return f"SBYT_{code.upper()}_{name}"
