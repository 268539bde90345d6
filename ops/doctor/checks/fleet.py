"""The running fleet: what serves, how the last boot of each host went, and in which version each runs."""

from __future__ import annotations

from collections.abc import Iterator

from ops.clients import aws_errors
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, warning
from ops.rollout_state import ACTIVE_REFRESH, HostReport, judge

STATE_CALLS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeInstanceRefreshes",
    "autoscaling:DescribeScalingActivities",
    "elasticloadbalancing:DescribeTargetHealth",
    "logs:GetLogEvents",
)


def _targets(case: Case) -> Iterator[Finding]:
    snapshot, stack = case.snapshot, case.config.stack
    sick = [each for each in snapshot.instances if not each.serves and not each.launches]
    served = f"{snapshot.serving} of {snapshot.wanted} replicas serve"
    verdict = judge(snapshot)
    if snapshot.launch_suspended:
        yield error(
            f"{served}; the group launches nothing, its Launch process is suspended",
            fix=f"python -m ops logs --stack {stack} (why), then python -m ops rollout --resume --stack {stack}",
        )
    elif verdict.state == "failed":
        yield error(
            f"{served}: {verdict.reason}", fix=f"python -m ops logs --stack {stack}, then pulumi up --stack {stack}"
        )
    elif verdict.state == "going" or sick:
        seen = "; ".join([served, *map(str, sick)])
        yield warning(seen, fix=f"python -m ops rollout --wait --stack {stack}")
    else:
        yield ok(served)


def _boots(case: Case) -> Iterator[Finding]:
    reports = []
    for instance in case.snapshot.instances:
        with aws_errors("read what the hosts said"):
            report = instance.report or case.fleet.host_report(instance.id)
        reports.append(report)
        if finding := _of_report(case, instance.id, report):
            yield finding
    if not reports:
        yield ok("no host runs")
    elif all(report and report.status == "ok" for report in reports):
        yield ok(f"{len(reports)} hosts, each ended its last step well")


def _of_report(case: Case, instance_id: str, report: HostReport | None) -> Finding | None:
    read = f"python -m ops logs --stack {case.config.stack} --instance {instance_id}"
    if report is None:
        return warning(f"{instance_id} has said nothing yet", fix=read)
    if report.status == "ok":
        return None
    seen = f"{instance_id}: {report}"
    return error(seen, fix=read) if report.status == "failed" else warning(seen, fix=read)


def _versions(case: Case) -> Iterator[Finding]:
    snapshot = case.snapshot
    wanted = snapshot.template_version
    former = [each for each in snapshot.instances if each.template_version != wanted]
    if not former:
        yield ok(f"every host runs version {wanted} of the launch template")
        return
    seen = f"wanted is version {wanted}; " + ", ".join(f"{each.id} runs {each.template_version}" for each in former)
    if snapshot.refresh is not None and snapshot.refresh.status in ACTIVE_REFRESH:
        yield warning(f"{seen}; {snapshot.refresh}", fix=f"python -m ops rollout --wait --stack {case.config.stack}")
    else:
        group, region = case.deployed.output("autoscaling_group"), case.config.region
        yield error(
            f"{seen}, and nothing replaces it",
            fix=f"aws autoscaling start-instance-refresh --auto-scaling-group-name {group} --region {region}",
        )


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
