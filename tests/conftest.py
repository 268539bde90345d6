"""What every test runs under."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: how long a case takes says more about the machine than about the code. In CI the same cases every time.
settings.register_profile("repository", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("repository")
