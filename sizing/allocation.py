"""What PyTorch's caching allocator sets aside for a tensor; bytes.

"Model loading took" in vLLM's log is memory *allocated*. A block of 10 MiB and more is a segment of its own,
a multiple of 2 MiB; a rest of at most 1 MiB is not split off and counts as allocated. That is why Qwen2-7B
takes 0.06 GiB more than its parameters and Llama-3.1-8B, whose matrices are whole multiples, does not.
Smaller blocks share segments of 20 MiB. Source: c10/cuda/CUDACachingAllocator.cpp (kMinLargeAlloc, kRoundLarge,
kLargeBuffer, kSmallSize).
"""

from __future__ import annotations

MIB = 2**20
SMALLEST = 512
SMALL = MIB
LARGE = 10 * MIB
LARGE_ROUND = 2 * MIB
SHARED_SEGMENT = 20 * MIB


def allocated(size: float) -> float:
    """Bytes that count as allocated for one tensor of ``size`` bytes."""
    block = -(-size // SMALLEST) * SMALLEST
    if block <= SMALL:
        return block
    if block < LARGE:
        tensors = SHARED_SEGMENT // block
        rest = SHARED_SEGMENT - tensors * block
        return block + (rest / tensors if rest <= SMALL else 0.0)
    rest = -block % LARGE_ROUND
    return block + (rest if rest <= SMALL else 0.0)
