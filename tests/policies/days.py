"""The day of these tests."""

import datetime

TODAY = datetime.date(2026, 11, 30)
