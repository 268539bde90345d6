"""Make many different plans in one process: what ``make bench`` times, and what a search over configurations costs.

python -m tools.plan_many 5000
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from itertools import cycle, islice, product

from config.errors import ConfigError
from config.models import StackConfig
from sizing.catalog import load_catalog
from sizing.planner import make_plan

LENGTHS = (2048, 4096, 6144, 8192, 16_384, 32_768)
CONCURRENCY = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)


def configurations() -> Iterator[StackConfig]:
    """Every model of the catalogue that vLLM still loads, with lengths and concurrency of all sizes."""
    models = [model.id for model in load_catalog().models if model.quantization != "bitsandbytes"]
    for length, concurrency, model in product(LENGTHS, CONCURRENCY, models):
        serving = {"maxModelLen": length, "typicalTokens": 1024, "concurrency": concurrency}
        yield StackConfig.model_validate(
            {"stack": "bench", "region": "us-east-1", "model": {"id": model}, "serving": serving}
        )


def main() -> None:
    wanted = int(sys.argv[1])
    load_catalog()
    gc.freeze()  # modules and catalogue stay: the collector need not look at them again and again
    plans = refused = 0
    for config in islice(cycle(configurations()), wanted):
        try:
            make_plan(config)
            plans += 1
        except ConfigError:
            refused += 1
    print(f"{plans} plans, {refused} configurations that fit nowhere or are too long for their model")


if __name__ == "__main__":
    main()
