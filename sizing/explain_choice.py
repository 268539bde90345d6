"""The parts of the page about the machine: its neighbours in price, memory, speed, arguments, stand-ins."""

from __future__ import annotations

import textwrap

from sizing.bar import bar
from sizing.estimate import Range
from sizing.plan import Option, Plan
from sizing.text import WIDTH, row

COLUMNS = f"  {'':2}{'type':<17}{'GPUs':<24}{'TP':>2}{'USD/h':>8}{'at once':>8}{'tokens/s':>12}{'USD/Mtok':>12}"


def span(value: Range | None, *, digits: int | None = None) -> str:
    """``low-high`` with about two digits that mean something."""
    if value is None:
        return "-"
    low, high = (_short(each) if digits is None else f"{each:,.{digits}f}" for each in (value.low, value.high))
    return low if low == high else f"{low}-{high}"


def _short(number: float) -> str:
    if number >= 1000:
        return f"{round(number, -2):,.0f}"
    if number >= 100:
        return f"{round(number, -1):.0f}"
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


def machines(plan: Plan) -> list[str]:
    """A table in order of price; the chosen one is marked. ``at once``: requests of the full length."""
    speed = plan.throughput
    chosen = Option(
        instance_type=plan.instance_type,
        gpu=plan.gpu,
        gpus=plan.instance_gpus,
        tensor_parallel_size=plan.tensor_parallel_size,
        hourly_usd=plan.host_types[0].hourly_usd or 0.0,
        max_concurrency=plan.max_concurrency,
        requests=plan.requests,
        reason="chosen",
        decode_tokens_per_s=speed.decode_tokens_per_s if speed else None,
        usd_per_million_tokens=speed.usd_per_million_tokens if speed else None,
    )
    ordered = sorted((*plan.rejected, chosen, *plan.alternatives), key=lambda option: option.hourly_usd)
    return [f"{COLUMNS}  why, or why not", *(_machine(option, chosen=option is chosen) for option in ordered)]


def _machine(option: Option, *, chosen: bool) -> str:
    at_once = f"{option.max_concurrency:.2f}" if option.max_concurrency else "-"
    cells = (
        f"  {'> ' if chosen else '  '}{option.instance_type:<17}{f'{option.gpus} x {option.gpu}':<24}",
        f"{option.tensor_parallel_size:>2}{option.hourly_usd:>8.3f}{at_once:>8}",
        f"{span(option.decode_tokens_per_s):>12}{span(option.usd_per_million_tokens):>12}  {option.reason}",
    )
    return "".join(cells)


def memory(plan: Plan) -> list[str]:
    found, length = plan.memory, plan.max_model_len
    share = found.usable_gib / found.total_gib
    words = {
        "activation": "vLLM's profiling run",
        "overhead": "CUDA graphs, outside torch" if plan.gpus_per_replica else "the programs themselves",
        "KV cache": f"give or take {plan.kv_band_gib:.1f}" if plan.kv_band_gib else "as set",
        "not used": f"beyond x {share:.4g}",
    }
    lines = bar(found, words=words)
    tokens = found.kv_cache_tokens
    lines.append(row("tokens of cache", f"{tokens:,} per replica, {found.kv_bytes_per_token:,} bytes each"))
    full = f"{plan.max_concurrency:.2f} requests of {length:,} tokens at a time ({tokens:,} / {length:,})"
    if plan.typical_tokens != length:
        full += f", or {plan.requests:,} of {plan.typical_tokens:,}"
    lines.append(row("concurrency", full))
    return lines


def speed(plan: Plan) -> list[str]:
    """Estimates for a replica that always has as many requests as it can run."""
    found = plan.throughput
    if found is None:
        return []
    each = Range(low=found.decode_tokens_per_s.low / found.running, high=found.decode_tokens_per_s.high / found.running)
    lines = [
        row("answers", f"{span(found.decode_tokens_per_s)} tokens a second, {span(each)} for each request"),
        row("requests", f"{span(found.requests_per_s)} a second"),
        row("first token", f"{span(found.first_token_s)} s for a prompt that need not wait"),
        row("whole answer", f"{span(found.answer_s)} s"),
    ]
    if found.usd_per_million_tokens:
        usd = f"{span(found.usd_per_million_tokens)} USD per million tokens, in and out"
        lines.append(row("cost", f"{usd}; {span(found.usd_per_million_answer_tokens)} per million of answers"))
    return lines


def speed_title(plan: Plan) -> str:
    found = plan.throughput
    if found is None:
        return "Speed"
    sizes = f"{found.prompt_tokens:,} tokens in and {found.answer_tokens:,} out"
    requests = "request" if found.running == 1 else "requests"
    return f"Speed of one replica, estimated, with {found.running:,} {requests} of {sizes} running"


def arguments(plan: Plan) -> list[str]:
    """The command: each argument with its reason; the user's own arguments last."""
    lines = [row("image", plan.image), f"  vllm serve {plan.vllm_args[0]}"]
    for each in plan.flags:
        text = f"{each.name} {each.value}" if each.value is not None else each.name
        lines += _reasoned(text, each.reason)
    words = 1 + sum(1 if each.value is None else 2 for each in plan.flags)
    own: list[str] = []
    for word in plan.vllm_args[words:]:
        if word.startswith("--"):
            own.append(word)
        else:
            own[-1] += f" {word}"
    for text in own:
        lines += _reasoned(text, "serving.extraArgs")
    return lines


def _reasoned(text: str, reason: str) -> list[str]:
    column = 42
    head = f"    {text:<{column - 6}}  "
    if len(head) > column:
        lines = [head.rstrip()]
        head = " " * column
    else:
        lines = []
    return lines + textwrap.wrap(reason, WIDTH, initial_indent=head, subsequent_indent=" " * column)


def stand_ins(plan: Plan) -> list[str]:
    """What could take over when AWS has none of the type."""
    lines = []
    for each in plan.equivalents:
        flags = "the same flags" if each.same_flags else f"own flags: {_different(plan, each.vllm_args)}"
        machine = f"{f'{each.gpus} x {each.gpu}':<24}{each.hourly_usd:>9.4f} USD/h"
        head = f"  {each.instance_type:<17}{machine}  "
        lines.append(head + textwrap.shorten(flags, WIDTH - len(head), placeholder=" ..."))
    return lines or ["  none that the region offers"]


def _different(plan: Plan, other: tuple[str, ...]) -> str:
    """Arguments that differ from the plan's."""
    mine = {plan.vllm_args[at : at + 2] for at in range(1, len(plan.vllm_args))}
    pairs = (other[at : at + 2] for at in range(1, len(other) - 1) if other[at].startswith("--"))
    return " ".join(" ".join(pair).removeprefix("--") for pair in pairs if pair not in mine)
