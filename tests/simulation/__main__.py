"""``make soak``: Django first, then what needs it."""

from __future__ import annotations

import os
import sys

import django


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from tests.simulation.soak import main as soak

    return soak()


if __name__ == "__main__":
    sys.exit(main())
