"""Many stack files, one after the other, each judged. The same ones every time, on every machine."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, given, note, seed, settings

from tests.fuzz.judge import check
from tests.fuzz.program import Workplace
from tests.fuzz.stack_files import StackFile, stack_files


def judged(place: Workplace, *, number: int, chosen: int) -> Counter[int]:
    """How many of ``number`` that differ ended with which status. ``chosen``: another number, other stack files."""
    seen: Counter[int] = Counter()
    texts: set[str] = set()

    @seed(chosen)
    @settings(
        max_examples=2 * number,  # some are drawn twice
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow,),
    )
    @given(file=stack_files())
    def each(file: StackFile) -> None:
        if file.text in texts or len(texts) == number:
            return
        note(f"Pulumi.{file.stack}.yaml:\n{file.text}")
        outcome = place.graph(file)
        check(file, outcome)
        texts.add(file.text)  # not before: what fails is run again
        seen[outcome.status] += 1

    each()
    return seen
