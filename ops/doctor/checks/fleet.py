"""The running fleet: what serves, how the last boot of each host went, and in which version each runs."""

from __future__ import annotations

from collections.abc import Iterator

from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, warning
from ops.rollout.state import ACTIVE_REFRESH, HostReport, Snapshot, judge

STATE_CALLS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeInstanceRefreshes",
    "autoscaling:DescribeScalingActivities",
    "elasticloadbalancing:DescribeTargetHealth",
    "logs:GetLogEvents",
)


def targets_of(snapshot: Snapshot, *, stack: str) -> Finding:
    sick = [each for each in snapshot.instances if not each.serves and not each.launches]
    served = snapshot.count
    verdict = judge(snapshot)
    logs = f"python -m ops logs --stack {stack}"
    if snapshot.launch_suspended:
        return error(
            f"{served}; the group launches nothing, its Launch process is suspended",
            fix=f"{logs} (why), then python -m ops rollout --resume --stack {stack}",
        )
    if verdict.state == "failed":
        return error(f"{served}: {verdict.reason}", fix=f"{logs}, then pulumi up --stack {stack}")
    if verdict.state == "going" or sick:
        seen = "; ".join([served, *map(str, sick)])
        return warning(seen, fix=f"python -m ops rollout --wait --stack {stack}")
    return ok(served)


def boot_of(instance_id: str, report: HostReport | None, *, stack: str) -> Finding:
    read = f"python -m ops logs --stack {stack} --instance {instance_id}"
    if report is None:
        return warning(f"{instance_id} has said nothing yet", fix=read)
    if report.status == "ok":
        return ok(f"{instance_id} ended its step {report.step} well")
    seen = f"{instance_id}: {report}"
    return error(seen, fix=read) if report.status == "failed" else warning(seen, fix=read)


def versions_of(snapshot: Snapshot, *, stack: str) -> Finding:
    wanted = snapshot.template_version
    former = [each for each in snapshot.instances if each.template_version != wanted]
    if not snapshot.instances:
        return ok(f"no host runs; the next is of version {wanted} of the launch template")
    if not former:
        return ok(f"every host runs version {wanted} of the launch template")
    seen = f"wanted is version {wanted}; " + ", ".join(f"{each.id} runs {each.template_version}" for each in former)
    if snapshot.refresh is not None and snapshot.refresh.status in ACTIVE_REFRESH:
        return warning(f"{seen}; {snapshot.refresh}", fix=f"python -m ops rollout --wait --stack {stack}")
    return error(
        f"{seen}, and nothing replaces it",
        fix=f"python -m ops rollout --start --wait --stack {stack}",
    )


def _targets(case: Case) -> Iterator[Finding]:
    yield targets_of(case.snapshot, stack=case.config.stack)


def _boots(case: Case) -> Iterator[Finding]:
    """Those that serve were not asked for their report yet."""
    for instance in case.snapshot.instances:
        report = instance.report or case.fleet.host_report(instance.id)
        yield boot_of(instance.id, report, stack=case.config.stack)
    if not case.snapshot.instances:
        yield ok("no host runs")


def _versions(case: Case) -> Iterator[Finding]:
    yield versions_of(case.snapshot, stack=case.config.stack)


TARGETS = Check(
    id="targets",
    asks="Do as many replicas serve as are wanted, or are they on their way?",
    look=_targets,
    needs="deployed",
    calls=STATE_CALLS,
)
BOOTS = Check(
    id="boots",
    asks="Did the last boot of each host end well?",
    look=_boots,
    needs="deployed",
    calls=STATE_CALLS,
)
VERSIONS = Check(
    id="versions",
    asks="Does each host run the launch template version that the group wants?",
    look=_versions,
    needs="deployed",
    calls=STATE_CALLS,
)
