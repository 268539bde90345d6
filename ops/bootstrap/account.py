"""An account of AWS as ``ops bootstrap`` meets it: what is there, in the order in which it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ops.bootstrap.identity import Identity
from ops.bootstrap.parts import Part
from ops.bootstrap.policies import ec2_policy, preview_role, read_policy, up_role
from ops.bootstrap.scope import Scope
from ops.bootstrap.state import StateBucket, StateKey
from ops.clients import client_config, session


@dataclass(frozen=True, kw_only=True)
class Account:
    number: str
    partition: str
    key: StateKey
    bucket: StateBucket
    identity: Identity

    @staticmethod
    def of(region: str) -> Account:
        """That of the caller's credentials."""
        here, config = session(region), client_config()
        arn = here.client("sts", config=config).get_caller_identity()["Arn"]
        _, partition, _, _, number, *_ = arn.split(":")
        return Account(
            number=number,
            partition=partition,
            key=StateKey(client=here.client("kms", config=config)),
            bucket=StateBucket(client=here.client("s3", config=config)),
            identity=Identity(client=here.client("iam", config=config)),
        )

    def key_arn(self) -> str | None:
        return self.key.arn()

    def look(self, scope: Scope) -> list[Part]:
        """Everything, also what stands in the way, before anything is changed."""
        return [self.key.look(scope), *self._rest(scope)]

    def mend(self, scope: Scope) -> None:
        """Policies name the key, so it comes first."""
        self.key.look(scope).mend()
        arn = self.key.arn()
        for part in self._rest(scope if arn is None else replace(scope, key_arn=arn)):
            part.mend()

    def _rest(self, scope: Scope) -> Iterator[Part]:
        yield self.bucket.look(scope)
        yield self.identity.look_at_provider(scope)
        for policy in (read_policy(scope), ec2_policy(scope)):
            yield self.identity.look_at_policy(policy, scope)
        for role in (preview_role(scope), up_role(scope)):
            yield self.identity.look_at_role(role, scope)
