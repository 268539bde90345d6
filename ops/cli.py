"""``python -m ops <verb>``: finds the verb's module, runs it, and turns failures into a report and a status.

A verb is a module of ``ops`` with ``HELP``, ``add_arguments(parser)`` and ``run(args) -> int``; only the
chosen one is imported. Exit status: 0 done; 1 a check or a rehearsal failed; 2 the configuration or the
command line is wrong; 130 interrupted.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence

from config.errors import ConfigError, Problem
from config.report import as_json, as_text
from ops.command_line import PROGRAM, Parser, UsageError
from ops.errors import OpsError

FAILED, WRONG, INTERRUPTED = 1, 2, 130
BROKEN_PIPE = 141  # what a shell reports for a program that SIGPIPE ended

VERBS = {
    "plan": "what a stack file takes: instance, vLLM flags, memory, timers, cost",
    "size": "whether a model fits a GPU, and for how many requests at once",
    "render": "everything that reaches the host, as text",
    "graph": "the resources that the program registers; needs no account",
    "rehearse": "the whole deployment on this machine, against an emulated AWS",
    "keys": "add, list and revoke API keys",
    "secrets": "store the HuggingFace token",
    "status": "what each replica does: age, zone, version, requests, tokens per second",
    "alarms": "the state of each alarm; whether its message goes out",
    "dashboard": "the dashboard for a Grafana of one's own, as JSON",
    "rules": "the alarms for a Prometheus of one's own, as a rule file",
    "logs": "what the hosts' services say: boot, vLLM, agent, cloud-init",
    "rollout": "follow a first launch or an instance refresh to its end",
    "tunnel": "reach an internal endpoint from this machine",
    "smoke": "ask the endpoint in every way that clients do, and whether the metrics move",
    "pin": "write what floats (machine image, zones, revision, digest) into the stack file",
    "bake": "make a snapshot of a filled cache slot, from which new slots start",
    "review": "what a change does to each stack: resources, cost, consequences; needs no account",
    "doctor": "whether everything is ready for `pulumi up`, and well after it; reads only",
    "bench": "how fast the endpoint is, compared with the plan",
    "shell": "a shell on a replica, through Session Manager",
    "prices": "bring the price table up to date from the Pricing API",
    "bootstrap": "the state bucket, its key and the roles with which CI deploys",
    "cache": "list the volumes that keep models, delete those of a stack that is gone",
}


def main(argv: Sequence[str]) -> int:
    """Run one verb; returns the exit status. Reports go to stderr, with ``--json`` to stdout as JSON."""
    try:
        return _run(argv)
    except UsageError as error:
        return _report(error.as_config_error(argv).problems, argv, status=WRONG)
    except ConfigError as error:
        return _report(error.problems, argv, status=WRONG)
    except OpsError as error:
        return _report([error.problem], argv, status=FAILED)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone; without this the interpreter complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _run(argv: Sequence[str]) -> int:
    if argv and argv[0] in ("-h", "--help"):
        print(_overview())
        return 0
    name = argv[0] if argv else ""
    if name not in VERBS:
        raise ConfigError([_unknown_verb(name)])
    verb = importlib.import_module(f"ops.{name}")
    parser = Parser(prog=f"{PROGRAM} {name}", description=verb.HELP, allow_abbrev=False)
    verb.add_arguments(parser)
    try:
        args = parser.parse_args(list(argv[1:]))
    except SystemExit:  # only --help ends so; it has been printed
        return 0
    status: int = verb.run(args)
    sys.stdout.flush()
    return status


def _unknown_verb(name: str) -> Problem:
    close = difflib.get_close_matches(name, VERBS, n=1)
    return Problem(
        path=PROGRAM,
        given=name or "nothing",
        allowed=", ".join(VERBS),
        example=f"{PROGRAM} {(close or ['plan'])[0]} --stack dev",
        message="name a verb" if not name else "no such verb" + (f"; did you mean {close[0]}?" if close else ""),
    )


def _report(problems: Sequence[Problem], argv: Sequence[str], *, status: int) -> int:
    if "--json" in argv:
        sys.stdout.write(as_json(problems))
    else:
        sys.stderr.write(as_text(problems))
    return status


def _overview() -> str:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in VERBS.items())
    return f"usage: {PROGRAM} VERB [options]\n\n{verbs}\n\n{PROGRAM} VERB --help explains one."
