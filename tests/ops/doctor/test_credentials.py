"""The check of credentials: expired ones, those of another account, a region that is not switched on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID

from ops.doctor.checks.credentials import CHECK
from ops.errors import OpsError
from tests.ops.doctor.clinic import CERTIFICATE, Clinic, levels, of
from tests.ops.doctor.looking import look, only
from tests.ops.refusing_aws import refusing

OTHER = "210987654321"


def test_expired_credentials_are_one_finding_with_the_command_that_renews_them(clinic: Clinic) -> None:
    with refusing() as endpoint:
        found = clinic.findings(status=1, AWS_ENDPOINT_URL=endpoint)
    ((level, seen, fix),) = of(found, "credentials")
    assert (level, fix) == ("error", "aws sso login")
    assert "have expired" in seen
    assert {name for name, level in levels(found).items() if "error" in level} == {"credentials"}


def test_credentials_that_work_say_whose_they_are(clinic: Clinic) -> None:
    finding = only(CHECK, clinic.case())
    assert finding.level == "ok"
    assert f"account {DEFAULT_ACCOUNT_ID} as arn:" in finding.seen


@pytest.mark.parametrize("where", ["deployed", "certificate", "allowed"])
def test_credentials_of_another_account_are_an_error(clinic: Clinic, where: str) -> None:
    arn = f"arn:aws:elasticloadbalancing:us-east-1:{OTHER}:targetgroup/x/1"
    case = clinic.case(outputs={"target_group_arn": arn} if where == "deployed" else None)
    if where == "certificate":
        certificate = CERTIFICATE.replace(DEFAULT_ACCOUNT_ID, OTHER)
        case = clinic.case(endpoint={"domain": "llm.example.com", "certificateArn": certificate})
    elif where == "allowed":
        case = replace(case, settings={"aws:allowedAccountIds": [OTHER]})
    finding = only(CHECK, case)
    assert (finding.level, finding.fix) == ("error", "export AWS_PROFILE=...")
    assert f"the stack is of {OTHER}" in finding.seen


def test_what_is_deployed_decides_over_what_the_file_says(clinic: Clinic) -> None:
    arn = f"arn:aws:elasticloadbalancing:us-east-1:{DEFAULT_ACCOUNT_ID}:targetgroup/x/1"
    case = replace(clinic.case(outputs={"target_group_arn": arn}), settings={"aws:allowedAccountIds": [OTHER]})
    assert only(CHECK, case).level == "ok"


def test_another_profile_than_pulumis_is_said(clinic: Clinic) -> None:
    case = replace(clinic.case(), settings={"aws:profile": "prod"})
    said = [finding for finding in look(CHECK, case) if finding.level == "warning"]
    assert [finding.fix for finding in said] == ["export AWS_PROFILE=prod"]
    same = replace(case, environment={"AWS_PROFILE": "prod"})
    assert only(CHECK, same).level == "ok"


@dataclass(frozen=True)
class Refusing:
    """An STS whose answer depends on the region."""

    valid_in: tuple[str, ...]

    def client(self, service: str, *, region: str) -> Any:
        assert service == "sts"
        return _Sts(region in self.valid_in)


@dataclass(frozen=True)
class _Sts:
    valid: bool

    def get_caller_identity(self) -> dict[str, str]:
        if not self.valid:
            raise ClientError({"Error": {"Code": "InvalidClientTokenId", "Message": "invalid"}}, "GetCallerIdentity")
        return {"Account": DEFAULT_ACCOUNT_ID, "Arn": "arn:aws:iam::123456789012:user/me"}


def test_a_region_that_is_not_switched_on_is_told_from_bad_credentials(clinic: Clinic) -> None:
    config = clinic.case().config.model_copy(update={"region": "ap-east-1"})
    finding = only(CHECK, replace(clinic.case(), config=config, aws=Refusing(("us-east-1",))))
    assert finding.level == "error"
    assert finding.fix.startswith("aws account enable-region --region-name ap-east-1")
    with pytest.raises(OpsError, match="expired or are not valid"):
        look(CHECK, replace(clinic.case(), config=config, aws=Refusing(())))
