"""The page about every rule: ``python -m policies.reference > docs/policies.md``. Made from the rules themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from policies.loader import load_rules
from policies.model import Rule

INTRO = """\
# Policies

What must never ship, one rule per file in `policies/rules/`. Made from the rules: change those, then `python -m
policies.reference > docs/policies.md`.

```sh
python -m ops graph --stack prod --policies # the graph of the stack file; needs no account
make policies                               # that for each stack file, and Checkov on the same graphs
```

It prints what is broken, where, what to do and which incident the rule stops, and ends with status 1 when a mandatory
rule is broken without a waiver; with `--json` it prints one document. Rules about what an update would replace or
delete need a preview of the stack that is there:

```sh
pulumi preview --stack prod --json > preview.json
python -m ops graph --stack prod --policies --preview preview.json
```

## Waivers

A rule that is broken on purpose gets an entry in `policies/waivers.yaml`: the rule's id, a pattern of URNs, the
reason, and the last day on which it holds. After that day the rule stops deployments again and the report says that
the waiver ended. So an exception is a reviewed diff.

## With the Pulumi CLI

The same rules are a policy pack, which runs inside `pulumi preview` and `pulumi up` and stops them. It has an
environment of its own, because pulumi-policy wants an older protobuf than the program:

```sh
python3 -m venv policies/.venv
policies/.venv/bin/pip install -r policies/requirements.txt
pulumi preview --stack prod --policy-pack policies
```

The CLI tells a pack the resources and not the steps, so `service-is-kept`, and the part of `cache-is-kept` about
steps, need `--preview` as above. Values that AWS makes up are unknown in a first preview; rules pass over those. The
tests ask the pack over the CLI's own protocol and not through the CLI, whose plugin for packs is a download.

## An independent scanner

`python -m tools.scan --stack prod` runs [Checkov](https://www.checkov.io), pinned in `tools/checkov-requirements.txt`
and installed outside the checkout, on the graph as Terraform JSON: Pulumi's AWS provider is made from Terraform's, so
`tools/terraform_json.py` renames types and properties and turns inputs that come from another resource into
references. Checkov gives its checks severities only with an account of its vendor, so each failed check counts, and
needs an entry with its reason in `policies/checkov-waivers.yaml`.
"""


def render() -> str:
    """The whole page, ending in a newline."""
    rules = load_rules()
    return "\n".join([INTRO, *_section("Mandatory", "mandatory", rules), *_section("Advisory", "advisory", rules)])


def _section(title: str, level: str, rules: tuple[Rule, ...]) -> Iterator[str]:
    chosen = [rule for rule in rules if rule.level == level]
    says = "stop a deployment" if level == "mandatory" else "are said, and stop nothing"
    yield f"## {title}: {len(chosen)} rules that {says}\n"
    for rule in chosen:
        yield f"### {rule.id}\n\n{rule.says}\n\n- stops: {rule.cause}\n- do: {rule.remedy}\n"


if __name__ == "__main__":
    sys.stdout.write(render())
