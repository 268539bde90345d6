"""The same work for several stacks at once: engines wait most of the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Work = Callable[[], None]


def side_by_side(works: Sequence[Work], *, end: Work) -> None:
    """Do all of it, each in a thread; a single one here. Raises what the first raised that did not return.

    After an exception, one in this thread included (an interrupt), ``end`` must make the others stop: they are awaited.
    """
    if len(works) == 1:
        works[0]()
        return
    with ThreadPoolExecutor(max_workers=max(1, len(works)), thread_name_prefix="stack") as pool:
        futures = [pool.submit(work) for work in works]
        try:
            for future in futures:
                future.result()
        except BaseException:
            end()
            raise
