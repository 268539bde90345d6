"""Who may deploy: GitHub as an identity provider of the account, and the two roles with their policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from ops.bootstrap.parts import Part, Step
from ops.bootstrap.policies import Policy, Role
from ops.bootstrap.scope import AUDIENCE, ISSUER, NAME, Scope, canonical
from ops.clients import code_of

INLINE = "what-the-state-and-the-stacks-take"
VERSIONS_OF_A_POLICY = 5  # IAM keeps no more
_TAGS = [{"Key": "Project", "Value": NAME}, {"Key": "ManagedBy", "Value": "ops bootstrap"}]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """``client``: of IAM."""

    client: Any

    def look_at_provider(self, scope: Scope) -> Part:
        """An account has one for GitHub: what others use it for stays."""
        arn, title = scope.provider_arn, f"identity provider {ISSUER}"
        found = _or_none(lambda: self.client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn))
        if found is None:
            create = Step(
                says="create",
                do=lambda: self.client.create_open_id_connect_provider(
                    Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE], Tags=_TAGS
                ),
            )
            return Part(title=title, new=True, steps=[create])
        add = Step(
            says=f"audience {AUDIENCE}",
            do=lambda: self.client.add_client_id_to_open_id_connect_provider(
                OpenIDConnectProviderArn=arn, ClientID=AUDIENCE
            ),
        )
        return Part(title=title, new=False, steps=[] if AUDIENCE in found["ClientIDList"] else [add])

    def look_at_policy(self, policy: Policy, scope: Scope) -> Part:
        arn, text = scope.policy_arn(policy.name), json.dumps(policy.document)
        found = _or_none(lambda: self.client.get_policy(PolicyArn=arn))
        if found is None:
            create = Step(
                says="create",
                do=lambda: self.client.create_policy(PolicyName=policy.name, PolicyDocument=text, Tags=_TAGS),
            )
            return Part(title=f"policy {policy.name}", new=True, steps=[create])
        version = found["Policy"]["DefaultVersionId"]
        has = self.client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        put = Step(says=_change(has, policy.document), do=lambda: self._new_version(arn, text))
        return Part(
            title=f"policy {policy.name}",
            new=False,
            steps=[] if canonical(has) == canonical(policy.document) else [put],
        )

    def _new_version(self, arn: str, text: str) -> None:
        versions = self.client.list_policy_versions(PolicyArn=arn)["Versions"]
        spare = sorted((one for one in versions if not one["IsDefaultVersion"]), key=lambda one: one["CreateDate"])
        if len(versions) >= VERSIONS_OF_A_POLICY:
            self.client.delete_policy_version(PolicyArn=arn, VersionId=spare[0]["VersionId"])
        self.client.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    def look_at_role(self, role: Role, scope: Scope) -> Part:
        title = f"role {role.name}"
        found = _or_none(lambda: self.client.get_role(RoleName=role.name))
        if found is None:
            return Part(title=title, new=True, steps=[Step(says="create", do=lambda: self._create(role, scope))])
        differences = [
            *self._trust(role, found["Role"]),
            *self._own_policies(role),
            *self._attached(role, scope),
        ]
        return Part(title=title, new=False, steps=differences)

    def _create(self, role: Role, scope: Scope) -> None:
        self.client.create_role(
            RoleName=role.name,
            AssumeRolePolicyDocument=json.dumps(role.trust),
            Description=role.description,
            MaxSessionDuration=role.max_session_s,
            Tags=_TAGS,
        )
        self._put(role)
        for policy in role.attached:
            self.client.attach_role_policy(RoleName=role.name, PolicyArn=scope.policy_arn(policy.name))

    def _put(self, role: Role) -> None:
        self.client.put_role_policy(RoleName=role.name, PolicyName=INLINE, PolicyDocument=json.dumps(role.policy))

    def _trust(self, role: Role, found: dict[str, Any]) -> Iterator[Step]:
        if canonical(found["AssumeRolePolicyDocument"]) != canonical(role.trust):
            yield Step(
                says=f"who may take it: {', '.join(role.subjects)}",
                do=lambda: self.client.update_assume_role_policy(
                    RoleName=role.name, PolicyDocument=json.dumps(role.trust)
                ),
            )
        if int(found.get("MaxSessionDuration", 0)) != role.max_session_s:
            yield Step(
                says=f"sessions of at most {role.max_session_s} s",
                do=lambda: self.client.update_role(RoleName=role.name, MaxSessionDuration=role.max_session_s),
            )

    def _own_policies(self, role: Role) -> Iterator[Step]:
        names = self.client.list_role_policies(RoleName=role.name)["PolicyNames"]
        has = (
            self.client.get_role_policy(RoleName=role.name, PolicyName=INLINE)["PolicyDocument"]
            if INLINE in names
            else {}
        )
        if canonical(has) != canonical(role.policy):
            yield Step(says=_change(has, role.policy), do=lambda: self._put(role))
        for name in sorted(set(names) - {INLINE}):
            yield Step(
                says=f"without the policy {name}",
                do=partial(self.client.delete_role_policy, RoleName=role.name, PolicyName=name),
            )

    def _attached(self, role: Role, scope: Scope) -> Iterator[Step]:
        answer = self.client.list_attached_role_policies(RoleName=role.name)["AttachedPolicies"]
        has, wanted = {one["PolicyArn"] for one in answer}, {scope.policy_arn(one.name) for one in role.attached}
        for arn in sorted(wanted - has):
            yield Step(
                says=f"with the policy {arn.rpartition('/')[2]}",
                do=partial(self.client.attach_role_policy, RoleName=role.name, PolicyArn=arn),
            )
        for arn in sorted(has - wanted):
            yield Step(
                says=f"without the policy {arn.rpartition('/')[2]}",
                do=partial(self.client.detach_role_policy, RoleName=role.name, PolicyArn=arn),
            )


def _or_none(ask: Any) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = ask()
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return None
        raise
    return found


def _change(has: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Which statements of a policy differ, by their names."""
    before, after = _by_name(has), _by_name(wanted)
    differ = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return f"its permissions: {', '.join(differ)}" if differ else "its permissions"


def _by_name(document: dict[str, Any]) -> dict[str, Any]:
    return {str(statement.get("Sid", "unnamed")): canonical(statement) for statement in document.get("Statement", ())}
