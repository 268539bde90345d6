"""The policy pack: ``pulumi preview --policy-pack policies``. docs/policies.md says how to set it up."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Serve the CLI until it ends this process."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the CLI runs this file, not the package
    from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy
    from pulumi_policy.proxy import UnknownValueError

    from policies.pack import Policy, policies

    def stack_policy(policy: Policy) -> StackValidationPolicy:
        return StackValidationPolicy(
            name=policy.rule.id,
            description=policy.rule.says,
            enforcement_level=EnforcementLevel(policy.rule.level),
            remediation_steps=policy.rule.remedy,
            validate=lambda args, report: policy.validate(args.resources, report),
        )

    PolicyPack(name="vllm", policies=[stack_policy(policy) for policy in policies(unknown=UnknownValueError)])


if __name__ == "__main__":
    main()
