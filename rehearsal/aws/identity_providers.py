"""An audience is added to an identity provider that is there, which moto does not know.

AddClientIDToOpenIDConnectProvider: "This operation is idempotent; it does not fail or return an error if you add an
existing client ID to the provider."
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.responses import IamResponse

from rehearsal.aws.patch import add


def install() -> None:
    add(IamResponse, add_client_id_to_open_id_connect_provider=_add_client_id)


def _add_client_id(self: Any) -> ActionResult:
    provider = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
    added = self._get_param("ClientID")
    if added not in provider.client_id_list:
        provider.client_id_list.append(added)
    return EmptyResult()
