"""Prompts of a wanted number of tokens, without the model's tokenizer: the endpoint counts those of two samples.

No two begin alike, so that vLLM's prefix cache spares none of the work that prompts of different people make.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

# fmt: off
WORDS = (
    "river", "stone", "garden", "letter", "market", "winter", "bridge", "silver", "mountain", "paper", "window",
    "coffee", "island", "morning", "forest", "engine", "summer", "doctor", "music", "number", "picture", "street",
    "village", "yellow", "finger", "basket", "corner", "dinner", "family", "harbor",
)
# fmt: on
SAMPLES = (40, 240)
WORDS_OF_CONTEXT = 32  # tokens of context for a word of a sample: some tokenizers make one of each letter
SEED = 20260131


@dataclass(frozen=True, kw_only=True)
class Words:
    """A prompt of n words has ``fixed + n * each`` tokens, template and all."""

    fixed: float
    each: float

    @classmethod
    def counted(cls, tokens_of: Callable[[str], int], *, context: int | None = None) -> Words:
        """``tokens_of``: of a prompt, as the endpoint counts them. ``context``: no sample is near as long."""
        few, many = (
            min(count, context // WORDS_OF_CONTEXT * (index + 1)) if context else count
            for index, count in enumerate(SAMPLES)
        )
        source = random.Random(SEED)  # noqa: S311 - no secret depends on it
        first, second = tokens_of(prompt(few, source)), tokens_of(prompt(many, source))
        each = max((second - first) / max(many - few, 1), 0.1)
        return cls(fixed=max(first - few * each, 0.0), each=each)

    def prompts(self, *, tokens: int, count: int) -> list[str]:
        """``count`` of them, always the same ones, of about ``tokens`` each."""
        source = random.Random(f"{SEED}/{tokens}")  # noqa: S311 - as above
        words = max(round((tokens - self.fixed) / self.each), 1)
        return [prompt(words, source) for _ in range(count)]


def prompt(words: int, source: random.Random) -> str:
    return " ".join(source.choice(WORDS) for _ in range(words))
