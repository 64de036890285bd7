"""``sbyt work`` as a process of its own, whose channels send to a provider of the test.

Called as ``python -m tests.support.worker URL CODE:PER_SECOND … [--once]``, with DATABASE_URL in the environment.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "sbyt.config.settings"
    import django

    django.setup()
    from django.conf import settings

    from sbyt.cli.work import work
    from tests.support.provider import ProviderChannel

    url, *described = [word for word in sys.argv[1:] if not word.startswith("--")]
    pairs = [one.split(":") for one in described]
    channels = {code: ProviderChannel(url, code=code, per_second=int(rate)) for code, rate in pairs}
    return work(settings.SBYT, channels, once="--once" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
