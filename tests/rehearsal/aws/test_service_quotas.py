"""The vCPU quotas of the emulated account: what was granted, else the default."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.servicequotas.models import servicequotas_backends

from rehearsal.aws.server import EmulatedAws
from rehearsal.aws.service_quotas import APPLIED, set_applied

G_AND_VT = {"ServiceCode": "ec2", "QuotaCode": "L-DB2E81BA"}


def test_a_quota_is_what_was_granted_and_gone_with_the_account() -> None:
    with EmulatedAws() as aws:
        backend = servicequotas_backends[DEFAULT_ACCOUNT_ID][aws.region]
        quotas = aws.client("service-quotas")
        assert quotas.get_service_quota(**G_AND_VT)["Quota"]["Value"] == APPLIED
        set_applied(backend, "L-DB2E81BA", 8)
        assert quotas.get_service_quota(**G_AND_VT)["Quota"]["Value"] == 8
    with EmulatedAws() as aws:
        assert aws.client("service-quotas").get_service_quota(**G_AND_VT)["Quota"]["Value"] == APPLIED


def test_where_nothing_was_asked_for_only_the_default_is_known() -> None:
    with EmulatedAws() as aws:
        set_applied(servicequotas_backends[DEFAULT_ACCOUNT_ID][aws.region], "L-DB2E81BA", None)
        quotas = aws.client("service-quotas")
        with pytest.raises(ClientError, match="NoSuchResourceException"):
            quotas.get_service_quota(**G_AND_VT)
        assert quotas.get_aws_default_service_quota(**G_AND_VT)["Quota"]["Value"] == 0


@pytest.mark.parametrize(
    "names", [{"ServiceCode": "ec2", "QuotaCode": "L-0"}, {"ServiceCode": "x", "QuotaCode": "L-0"}]
)
def test_an_unknown_quota_is_none(names: dict[str, str]) -> None:
    with EmulatedAws() as aws:
        quotas = aws.client("service-quotas")
        for ask in (quotas.get_service_quota, quotas.get_aws_default_service_quota):
            with pytest.raises(ClientError, match="NoSuchResourceException"):
                ask(**names)
        assert quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-7E9ECCDB")["Quota"]["Value"] == 50
