"""The checks of the fleet: what serves, last boots, versions. Pure, on what was seen."""

from __future__ import annotations

import pytest

from ops.doctor.checks.fleet import boot_of, targets_of, versions_of
from ops.rollout.state import FailedLaunch, HostReport, Instance, Refresh, Snapshot
from tests.ops.doctor.clinic import Clinic, of

SERVES = Instance(id="i-1", state="InService", template_version="2", target="healthy")
SICK = Instance(id="i-2", state="InService", template_version="2", target="unhealthy")
BOOTS = Instance(id="i-3", state="Pending:Wait", template_version="2", target=None)


def fleet(
    *instances: Instance, wanted: int = 1, suspended: bool = False, refresh: str = "", failed: str = ""
) -> Snapshot:
    launch = FailedLaunch(activity_id="a", instance_id=None, reason=failed)
    return Snapshot(
        wanted=wanted,
        template_version="2",
        launch_suspended=suspended,
        instances=instances,
        refresh=Refresh(id="r", status=refresh, percent=50, reason="") if refresh else None,
        failed_launches=(launch,) if failed else (),
    )


@pytest.mark.parametrize(
    ("seen", "level", "says", "fix"),
    [
        (fleet(SERVES), "ok", "1 of 1 replicas serve", ""),
        (fleet(BOOTS), "warning", "0 of 1 replicas serve", "ops rollout --wait"),
        (fleet(SERVES, SICK), "warning", "i-2 InService, target unhealthy", "ops rollout --wait"),
        (fleet(SERVES, suspended=True), "error", "its Launch process is suspended", "ops rollout --resume"),
        (fleet(failed="VcpuLimitExceeded"), "error", "VcpuLimitExceeded", "pulumi up --stack dev"),
        (fleet(SERVES, refresh="RollbackSuccessful"), "error", "rolled back", "ops logs --stack dev"),
        (fleet(SERVES, refresh="InProgress"), "warning", "1 of 1 replicas serve", "ops rollout --wait"),
    ],
)
def test_what_serves(seen: Snapshot, level: str, says: str, fix: str) -> None:
    finding = targets_of(seen, stack="dev")
    assert (finding.level, says in finding.seen, fix in finding.fix) == (level, True, True)


@pytest.mark.parametrize(
    ("status", "level"), [("ok", "ok"), ("warning", "warning"), ("waiting", "warning"), ("failed", "error")]
)
def test_a_boot_is_as_good_as_its_last_word(status: str, level: str) -> None:
    finding = boot_of("i-1", HostReport(step="gpus", status=status, reason="Xid 79"), stack="dev")
    assert finding.level == level
    assert finding.fix == ("" if level == "ok" else "python -m ops logs --stack dev --instance i-1")


def test_a_host_that_has_said_nothing_is_a_warning() -> None:
    assert boot_of("i-1", None, stack="dev").level == "warning"


@pytest.mark.parametrize(
    ("refresh", "level", "fix"),
    [
        ("", "error", "python -m ops rollout --start --wait --stack dev"),
        ("InProgress", "warning", "python -m ops rollout --wait --stack dev"),
    ],
)
def test_a_host_of_a_former_version_is_named(refresh: str, level: str, fix: str) -> None:
    former = Instance(id="i-0", state="InService", template_version="1", target="healthy")
    finding = versions_of(fleet(SERVES, former, refresh=refresh), stack="dev")
    assert (finding.level, finding.fix) == (level, fix)
    assert finding.seen.startswith("wanted is version 2; i-0 runs 1")
    assert versions_of(fleet(SERVES), stack="dev").level == "ok"


def test_a_group_that_is_gone_is_a_sentence(clinic: Clinic) -> None:
    clinic.deploy()
    found = clinic.findings(status=1)
    for check in ("targets", "boots", "versions"):
        ((level, seen, fix),) = of(found, check)
        assert (level, "is gone" in seen, fix) == ("error", True, "pulumi refresh, then pulumi up")
