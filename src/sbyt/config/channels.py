"""The one place that names the channels. An installation changes any of it in its ``sbyt.toml``."""

from __future__ import annotations

from sbyt.core.settings import ChannelSettings

#: Which days each way has by default: the answering machine 18 to 20, the others always (conversation.md, checks).
DEFAULT_CHANNELS: dict[str, ChannelSettings] = {
    "sms": ChannelSettings(title="SMS", rendering="short", senders="phone"),
    "voice": ChannelSettings(title="Телефон", first_day=18, last_day=20, rendering="keypad", senders="phone"),
    "email": ChannelSettings(title="E-mail", senders="email"),
    "telegram": ChannelSettings(title="Telegram", rendering="buttons"),
    "max": ChannelSettings(title="MAX", rendering="buttons"),
    "vk": ChannelSettings(title="ВКонтакте", rendering="buttons"),
    "whatsapp": ChannelSettings(title="WhatsApp"),
    "viber": ChannelSettings(title="Viber", rendering="buttons"),
    "webchat": ChannelSettings(title="Чат на сайте"),
    "cabinet": ChannelSettings(title="Личный кабинет"),
    "office": ChannelSettings(title="Офис"),
}
