"""The vCPU quotas of EC2, of which moto has none: it knows those of VPC alone.

Service Quotas API, GetServiceQuota: "Retrieves the applied quota value for the specified account-level or
resource-level quota. For some quotas, only the default values are available. If the applied quota value is not
available for a quota, the quota is not retrieved", which is a NoSuchResourceException; GetAWSDefaultServiceQuota:
"Retrieves the default value for the specified quota. The default value does not reflect any quota increases." The
emulated account has asked for as much as any plan takes.
"""

from __future__ import annotations

import json
from typing import Any

from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from rehearsal.aws.patch import Method, add, kept, wrap

APPLIED = 10_000.0
DEFAULTS = {"L-DB2E81BA": 0.0, "L-417A185B": 0.0, "L-3819A6DF": 0.0, "L-7212CCBC": 0.0, "L-C4BD4855": 0.0}
"""By code: of a new account."""
EC2 = "ec2"


def install() -> None:
    wrap(ServiceQuotasBackend, "get_service_quota", _of_ec2)
    add(ServiceQuotasResponse, get_aws_default_service_quota=_default)


def set_applied(backend: Any, code: str, value: float | None) -> None:
    """As if AWS had granted it; None: never asked for."""
    kept(backend, "applied_quotas")[code] = value


def _of_ec2(original: Method) -> Method:
    def get_service_quota(self: Any, service_code: str, quota_code: str) -> Any:
        if service_code != EC2 or quota_code not in DEFAULTS:
            return original(self, service_code, quota_code)
        value = kept(self, "applied_quotas").get(quota_code, APPLIED)
        if value is None:
            raise NoSuchResource
        return _quota(quota_code, value)

    return get_service_quota


def _default(self: Any) -> str:
    code = str(self._get_param("QuotaCode"))
    if self._get_param("ServiceCode") != EC2 or code not in DEFAULTS:
        raise NoSuchResource
    return json.dumps({"Quota": _quota(code, DEFAULTS[code])})


def _quota(code: str, value: float) -> dict[str, Any]:
    return {"ServiceCode": EC2, "QuotaCode": code, "Value": value, "Unit": "None", "Adjustable": True}
