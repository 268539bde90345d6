"""The listeners of a load balancer: one that serves, over HTTP or HTTPS, and beside HTTPS one that redirects to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags
from components.aws.security_groups import HTTP_PORT, HTTPS_PORT
from components.paths import NOT_FOUND

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 and 1.3 with forward secrecy, AWS's recommended one. Without a policy a listener made by API takes
ELBSecurityPolicy-2016-08, which still speaks TLS 1.0 ("Security policies", Application Load Balancer user guide)."""


@dataclass(frozen=True, kw_only=True)
class Listeners:
    """Makes the listeners. The one on port 80 is one resource whatever it does, so that a certificate that comes or
    goes changes it in place."""

    name: str
    parent: pulumi.Resource
    balancer_arn: pulumi.Input[str]
    tags: Tags

    def http(self) -> aws.lb.Listener:
        """Port 80, serving: what no rule forwards is a 404."""
        return self._on_port_80(action=_not_found(), after=())

    def https(self, *, certificate_arn: pulumi.Input[str]) -> aws.lb.Listener:
        """Port 443, serving: what no rule forwards is a 404."""
        return aws.lb.Listener(
            f"{self.name}-https",
            load_balancer_arn=self.balancer_arn,
            port=HTTPS_PORT,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=certificate_arn,
            default_actions=[_not_found()],
            tags=self.tags.named("https"),
            opts=pulumi.ResourceOptions(parent=self.parent),
        )

    def redirect(self, *, after: Sequence[pulumi.Resource]) -> aws.lb.Listener:
        """Port 80, sending clients to 443. ``after``: the rules there; until they stand, port 80 goes on serving."""
        return self._on_port_80(action=_to_https(), after=after)

    def _on_port_80(
        self, *, action: aws.lb.ListenerDefaultActionArgs, after: Sequence[pulumi.Resource]
    ) -> aws.lb.Listener:
        return aws.lb.Listener(
            self.name,
            load_balancer_arn=self.balancer_arn,
            port=HTTP_PORT,
            protocol="HTTP",
            default_actions=[action],
            tags=self.tags.named("http"),
            opts=pulumi.ResourceOptions(parent=self.parent, depends_on=list(after)),
        )


def _not_found() -> aws.lb.ListenerDefaultActionArgs:
    return aws.lb.ListenerDefaultActionArgs(
        type="fixed-response",
        fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
            content_type="application/json", message_body=NOT_FOUND, status_code="404"
        ),
    )


def _to_https() -> aws.lb.ListenerDefaultActionArgs:
    return aws.lb.ListenerDefaultActionArgs(
        type="redirect",
        redirect=aws.lb.ListenerDefaultActionRedirectArgs(
            protocol="HTTPS", port=str(HTTPS_PORT), status_code="HTTP_301"
        ),
    )
