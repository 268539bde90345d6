"""The key of a log group that is there already, of which moto has no change.

API AssociateKmsKey: from then on "all newly ingested data for the log group is encrypted" with it; DisassociateKmsKey
is the way back.
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse

from rehearsal.aws.patch import add


def install() -> None:
    add(LogsResponse, associate_kms_key=_associate, disassociate_kms_key=_disassociate)


def _associate(self: Any) -> str:
    _group(self).kms_key_id = self._get_param("kmsKeyId")
    return ""


def _disassociate(self: Any) -> str:
    _group(self).kms_key_id = None
    return ""


def _group(self: Any) -> Any:
    group = self.logs_backend.groups.get(self._get_param("logGroupName"))
    if group is None:
        raise ResourceNotFoundException()
    return group
