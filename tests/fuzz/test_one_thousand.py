"""One thousand generated stack files: each comes to a graph that passes the policies, or to a report."""

from __future__ import annotations

import pytest

from tests.fuzz.generated import judged
from tests.fuzz.program import Workplace


@pytest.mark.e2e
def test_each_is_a_graph_that_passes_or_a_report(place: Workplace) -> None:
    seen = judged(place, number=1000, chosen=1)
    assert seen.total() == 1000
    assert min(seen[0], seen[2]) > 300, "one of the two is hardly looked at"
