"""Scaling policies come back enabled and without an empty predictive configuration.

PutScalingPolicy: "Enabled: Indicates whether the scaling policy is enabled or disabled. The default is enabled."
Moto leaves it out and returns an empty PredictiveScalingConfiguration.
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import FakeScalingPolicy
from moto.autoscaling.responses import AutoScalingResponse

from rehearsal.aws.patch import Method, wrap


def install() -> None:
    wrap(FakeScalingPolicy, "__init__", _plain)
    wrap(AutoScalingResponse, "put_scaling_policy", _with_enabled)


def _plain(original: Method) -> Method:
    def init(self: FakeScalingPolicy, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.__dict__["enabled"] = True
        self.__dict__["predictive_scaling_configuration"] = self.predictive_scaling_configuration or None

    return init


def _with_enabled(original: Method) -> Method:
    def put(self: Any) -> Any:
        result = original(self)
        policy = self.autoscaling_backend.policies[self._get_param("PolicyName")]
        policy.enabled = self._get_bool_param("Enabled", True)
        return result

    return put
