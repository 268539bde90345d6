"""``ops bench``: how fast the endpoint is, load by load, and whether that is what the plan says."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from config.errors import ConfigError, Problem
from ops import endpoint as endpoints
from ops.bench.plan import Comparison, Planned, compare, document, lines
from ops.bench.prompts import Words
from ops.bench.seen import Kind, Measured, measured, table
from ops.bench.seen import document as seen_document
from ops.command_line import positive_seconds
from ops.errors import failure
from ops.http_call import UnreachableError
from ops.progress import progress
from ops.smoke.answers import reason_of

if TYPE_CHECKING:
    from ops.bench.tool import Load
    from ops.endpoint import Endpoint

HELP = (
    "Load the endpoint with guidellm, level by level: first token, time between tokens, throughput and failures, "
    "compared with the plan. Real requests at full load: not for a stack that people are using."
)
TIMEOUT_S = 600.0  # between two tokens, or to the first one
MAX_SECONDS = 300.0
ROUNDS, LEAST_REQUESTS = 3, 20
MOST_PROMPTS = 2000

EPILOG = """examples:
  python -m ops bench --stack dev --plot bench.svg
  python -m ops bench --stack dev --concurrency 1,8,16 --prompt-tokens 1024 --answer-tokens 256
  python -m ops bench --stack dev --rate 0.5,1,2 --max-seconds 120 --json > bench.json

docs/bench.md says how to read it. Exit status: 0 every request was answered, 1 some failed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    endpoints.add_arguments(parser)
    parser.set_defaults(timeout_s=TIMEOUT_S)
    load = parser.add_mutually_exclusive_group()
    load.add_argument(
        "--concurrency",
        type=_counts,
        metavar="N,N,...",
        help="requests kept in flight, level by level (default: 1 and up to half more than the plan's)",
    )
    load.add_argument("--rate", type=_rates, metavar="R,R,...", help="requests a second instead, at random times")
    parser.add_argument("--prompt-tokens", type=_count, metavar="N", help="of each prompt (default: the plan's)")
    parser.add_argument("--answer-tokens", type=_count, metavar="N", help="of each answer (default: the plan's)")
    parser.add_argument(
        "--requests",
        type=_count,
        metavar="N",
        help=f"of each level (default: {ROUNDS} for each in flight, at least {LEAST_REQUESTS})",
    )
    parser.add_argument(
        "--max-seconds", type=positive_seconds, default=MAX_SECONDS, metavar="S", help="a level ends after so long"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the curves there, as SVG")
    parser.add_argument("--guidellm", type=Path, metavar="PROGRAM", help="this guidellm, not one of the project's own")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """0 when every request was answered, 1 when some failed; slower than planned is no failure."""
    from config.sources import load_stack_file
    from machine.hardware import hardware
    from ops.bench.tool import measure, program
    from sizing.prepare import prepare

    _check_plot(args.plot)
    config, plan = prepare(load_stack_file(stack=args.stack, root=Path.cwd()), root=Path.cwd(), hardware=hardware)
    planned = Planned.of(config, plan)
    planned = planned.asked(
        prompt_tokens=args.prompt_tokens or planned.prompt_tokens,
        answer_tokens=args.answer_tokens or planned.answer_tokens,
    )
    endpoint = endpoints.endpoint_of(args)
    model, context = _model(endpoint)
    with progress("installing guidellm, once (up to 5 GB)"):
        guidellm = args.guidellm or program()
    words = _words(endpoint, model=model, context=context)
    load = _load(args, planned=planned, words=words, context=context)
    with progress(f"load on {endpoint.base_url}") as line:
        line.update("guidellm starts")
        report = measure(guidellm, endpoint, model=model, load=load, say=line.update)
    seen = measured(report, kind=load.kind, targets=load.targets)
    if not seen.levels:
        raise failure(path="guidellm", given="an empty report", message="no level was measured")
    rows = compare(seen, planned)
    _show(args, endpoint=endpoint, load=load, seen=seen, rows=rows, planned=planned, model=model)
    return 1 if seen.failed or any(not level.answered for level in seen.levels) else 0


def _show(
    args: argparse.Namespace,
    *,
    endpoint: Endpoint,
    load: Load,
    seen: Measured,
    rows: Sequence[Comparison],
    planned: Planned,
    model: str,
) -> None:
    prompt = round(seen.levels[0].prompt_tokens)
    about = f"{model}, {prompt} tokens in and {load.answer_tokens} out, on {endpoint.base_url}"
    if args.plot is not None:
        from ops.bench.plot import plot

        args.plot.write_text(plot(seen, planned, title=about), encoding="utf-8")
        print(f"curves: {args.plot}", file=sys.stderr)
    if args.json:
        head = {"stack": args.stack, "base_url": endpoint.base_url, "model": model, "failed": seen.failed}
        print(json.dumps({**head, **seen_document(seen), **document(rows, planned)}))
        return
    print("\n".join([about, "", table(seen), "", *lines(rows)]))
    for level in seen.levels:
        if level.failed or not level.answered:
            print(f"{level.failed} of {level.failed + level.answered} requests failed at {level.target:g}")


def _model(endpoint: Endpoint) -> tuple[str, int | None]:
    """The model that is served and its context; OpsError when the endpoint does not answer as it should."""
    try:
        answer = endpoint.get("/models")
    except UnreachableError as error:
        raise _no_answer(endpoint, endpoint.explain(error)) from None
    entries = answer.body.get("data") if isinstance(answer.body, dict) else None
    if answer.status != 200 or not entries:
        raise _no_answer(endpoint, f"/models is HTTP {answer.status}")
    context = entries[0].get("max_model_len")
    return str(entries[0]["id"]), context if isinstance(context, int) else None


def _words(endpoint: Endpoint, *, model: str, context: int | None) -> Words:
    """How many tokens this model makes of words."""

    def tokens_of(prompt: str) -> int:
        try:
            answer = endpoint.post("/completions", {"model": model, "prompt": prompt, "max_tokens": 1})
        except UnreachableError as error:
            raise _no_answer(endpoint, endpoint.explain(error)) from None
        usage = answer.body.get("usage") if isinstance(answer.body, dict) else None
        if answer.status != 200 or not usage:
            raise _no_answer(endpoint, f"/completions is HTTP {answer.status} {reason_of(answer)}".strip())
        return int(usage["prompt_tokens"])

    return Words.counted(tokens_of, context=context)


def _load(args: argparse.Namespace, *, planned: Planned, words: Words, context: int | None) -> Load:
    from ops.bench.tool import Load

    prompt_tokens, answer_tokens = planned.prompt_tokens, planned.answer_tokens
    if context is not None and prompt_tokens + answer_tokens > context:
        raise _wrong(
            path="--prompt-tokens, --answer-tokens",
            given=f"{prompt_tokens} and {answer_tokens}",
            allowed=f"together at most {context}, the model's context",
            message="no such request would be answered",
            example=f"--prompt-tokens {context // 2} --answer-tokens {context // 8}",
        )
    kind: Kind = "rate" if args.rate else "concurrency"
    targets: tuple[float, ...] = args.rate or args.concurrency or planned.levels()
    requests = tuple(args.requests or _requests(kind, target, seconds=args.max_seconds) for target in targets)
    prompts = words.prompts(tokens=prompt_tokens, count=min(sum(requests), MOST_PROMPTS))
    return Load(
        kind=kind,
        targets=targets,
        requests=requests,
        max_seconds=args.max_seconds,
        prompts=prompts,
        answer_tokens=answer_tokens,
    )


def _requests(kind: Kind, target: float, *, seconds: float) -> int:
    """At a rate, as many as fit into the time; the time then ends the level, too."""
    rounds = ROUNDS * target if kind == "concurrency" else target * seconds
    return max(math.ceil(rounds), LEAST_REQUESTS)


def _check_plot(plot: Path | None) -> None:
    """Before minutes of load, not after them."""
    if plot is None or (plot.parent.is_dir() and not plot.is_dir()):
        return
    raise _wrong(
        path="--plot",
        given=str(plot),
        allowed="a file in a folder that exists",
        message="the curves cannot be written there",
        example="--plot bench.svg",
    )


def _no_answer(endpoint: Endpoint, why: str) -> Exception:
    return failure(
        path=endpoint.base_url,
        given=why,
        message="the endpoint does not answer as it should: see what smoke says of it",
        example="python -m ops smoke --stack dev",
    )


def _wrong(*, path: str, given: str, allowed: str, message: str, example: str) -> ConfigError:
    return ConfigError([Problem(path=path, given=given, allowed=allowed, example=example, message=message)])


def _count(text: str) -> int:
    """argparse type: a whole number above 0."""
    count = int(text)
    if count < 1:
        raise ValueError
    return count


def _counts(text: str) -> tuple[int, ...]:
    return tuple(sorted({_count(part) for part in text.split(",")}))


def _rates(text: str) -> tuple[float, ...]:
    return tuple(sorted({positive_seconds(part) for part in text.split(",")}))
