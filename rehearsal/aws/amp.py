"""Managed Prometheus: the definition of its Alertmanager, of which moto has none, and rules that it reads.

CreateAlertManagerDefinition: one per workspace, base64 of YAML; CreateRuleGroupsNamespace likewise, of a Prometheus
rule file. User guide, "Set up your alert receiver" and "Alert manager configuration file": everything lies under
``alertmanager_config``, and the receivers are ``sns_configs`` (or ``pagerduty_configs``) alone; an SNS receiver has
``topic_arn`` and ``sigv4.region``. AWS takes what it cannot read first and says CREATION_FAILED afterwards; here it
is refused at once (ValidationException). Deleting a workspace takes what it holds along. Nothing is stored that hosts
write.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import unquote

import yaml
from moto.amp import urls
from moto.amp.models import PrometheusServiceBackend
from moto.amp.responses import PrometheusServiceResponse
from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time

from rehearsal.aws.patch import Method, add, kept, wrap

_PATH = "{0}/workspaces/(?P<workspace_id>[^/]+)/alertmanager/definition$"
_RECEIVERS = {"name", "sns_configs", "pagerduty_configs"}


class _RefusedError(JsonRESTError):
    """An error as AMP's clients read it."""

    def __init__(self, kind: str, message: str, *, status: int) -> None:
        self.code = status
        super().__init__(kind, message)


def install() -> None:
    urls.url_paths.setdefault(_PATH, PrometheusServiceResponse.dispatch)
    add(
        PrometheusServiceResponse,
        create_alert_manager_definition=_create,
        describe_alert_manager_definition=_describe,
        put_alert_manager_definition=_put,
        delete_alert_manager_definition=_delete,
    )
    for action in ("create_rule_groups_namespace", "put_rule_groups_namespace"):
        wrap(PrometheusServiceBackend, action, _readable_rules)


def _create(self: Any) -> tuple[int, dict[str, str], str]:
    workspace_id = _workspace(self)
    if workspace_id in _definitions(self):
        raise _RefusedError("ConflictException", "an alert manager definition exists", status=409)
    return _keep(self, workspace_id, created_at=unix_time())


def _put(self: Any) -> tuple[int, dict[str, str], str]:
    workspace_id = _workspace(self)
    return _keep(self, workspace_id, created_at=_found(self, workspace_id)["createdAt"])


def _describe(self: Any) -> str:
    return json.dumps({"alertManagerDefinition": _found(self, _workspace(self))})


def _delete(self: Any) -> tuple[int, dict[str, str], str]:
    workspace_id = _workspace(self)
    _found(self, workspace_id)
    del _definitions(self)[workspace_id]
    return 202, {}, "{}"


def _keep(self: Any, workspace_id: str, *, created_at: float) -> tuple[int, dict[str, str], str]:
    data = json.loads(self.body)["data"]
    _require_alertmanager(_read(data))
    status = {"statusCode": "ACTIVE"}
    _definitions(self)[workspace_id] = {
        "status": status,
        "data": data,
        "createdAt": created_at,
        "modifiedAt": unix_time(),
    }
    return 202, {}, json.dumps({"status": status})


def _workspace(self: Any) -> str:
    workspace_id = unquote(self.path).split("/")[-3]
    self.amp_backend.describe_workspace(workspace_id)
    return workspace_id


def _definitions(self: Any) -> dict[str, Any]:
    held = kept(self.amp_backend, "alert_managers")
    for gone in set(held) - set(self.amp_backend.workspaces):
        del held[gone]
    return held


def _found(self: Any, workspace_id: str) -> dict[str, Any]:
    definition: dict[str, Any] | None = _definitions(self).get(workspace_id)
    if definition is None:
        raise _RefusedError("ResourceNotFoundException", "no alert manager definition", status=404)
    return definition


def _readable_rules(original: Method) -> Method:
    def store(self: Any, data: str, **more: Any) -> Any:
        _require_rules(_read(data))
        return original(self, data=data, **more)

    return store


def _read(data: str) -> Any:
    try:
        return yaml.safe_load(base64.b64decode(data, validate=True))
    except (ValueError, yaml.YAMLError) as error:
        raise _invalid(f"not base64 of YAML: {error}") from error


def _require_rules(file: Any) -> None:
    groups = file.get("groups") if isinstance(file, dict) else None
    if not isinstance(groups, list) or not groups:
        raise _invalid("a rule file has a list of groups")
    for group in groups:
        rules = group.get("rules") if isinstance(group, dict) and group.get("name") else None
        if not rules or not all(rule.get("expr") and (rule.get("alert") or rule.get("record")) for rule in rules):
            raise _invalid("a group has a name and rules, each with expr and alert or record")


def _require_alertmanager(file: Any) -> None:
    config = file.get("alertmanager_config") if isinstance(file, dict) else None
    inner = yaml.safe_load(config) if isinstance(config, str) else None
    if not isinstance(inner, dict):
        raise _invalid("alertmanager_config must hold the configuration as a text of YAML")
    receivers = inner.get("receivers") or []
    names = {receiver.get("name") for receiver in receivers}
    if (inner.get("route") or {}).get("receiver") not in names:
        raise _invalid("the route names no receiver of the configuration")
    for receiver in receivers:
        if set(receiver) - _RECEIVERS:
            raise _invalid("receivers are sns_configs and pagerduty_configs only")
        for target in receiver.get("sns_configs") or []:
            if not target.get("topic_arn") or not (target.get("sigv4") or {}).get("region"):
                raise _invalid("an SNS receiver needs topic_arn and sigv4.region")


def _invalid(message: str) -> _RefusedError:
    return _RefusedError("ValidationException", message, status=400)
