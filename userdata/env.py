"""The generated half of a host: ``/etc/vllm/vllm.env`` and ``/etc/vllm/args``."""

from __future__ import annotations

from config.errors import ConfigError, Problem
from userdata.options import HostOptions


def host_environment(*, options: HostOptions, scripts_key: str) -> dict[str, str]:
    """What the scripts read, by variable name. Nothing that a host may learn without a restart."""
    plan = options.plan
    timers = plan.timers
    return {
        "API_KEYS_SECRET_ARN": options.api_keys_secret_arn,
        "AWS_REGION": options.region,
        "BOOT_DEADLINE_S": str(timers.boot_deadline_s),
        "CACHE_POOL": options.cache_pool,
        "DEREGISTRATION_DELAY_S": str(timers.deregistration_delay_s),
        "GPUS_NEEDED": str(plan.gpus_per_replica),
        "HF_TOKEN_REQUIRED": "true" if options.hf_token_required else "false",
        "HF_TOKEN_SECRET_ARN": options.hf_token_secret_arn,
        "IMAGE": plan.image,
        "LAUNCHING_HOOK": options.launching_hook,
        "LAUNCH_HEARTBEAT_INTERVAL_S": str(timers.launch_heartbeat_interval_s),
        "LOG_GROUP": options.log_group,
        "SCRIPTS_BUCKET": options.scripts_bucket,
        "SCRIPTS_KEY": scripts_key,
        "SERVED_NAME": plan.served_name,
        "STACK": options.stack,
        "STOP_TIMEOUT_S": str(timers.stop_timeout_s),
        "TARGET_GROUP_ARN": options.target_group_arn,
        "TERMINATING_HOOK": options.terminating_hook,
        "VLLM_ENGINE_READY_TIMEOUT_S": str(timers.engine_ready_timeout_s),
        "VLLM_HTTP_TIMEOUT_KEEP_ALIVE": str(timers.keep_alive_s),
    }


def environment_text(variables: dict[str, str]) -> str:
    """``KEY="value"`` lines, sorted, with one meaning for bash and for systemd's EnvironmentFile.

    Both drop a backslash before ``" \\ $ ` `` inside double quotes and keep everything else as it is.
    """
    return "".join(f"{name}={_quoted(name=name, value=variables[name])}\n" for name in sorted(variables))


def _quoted(*, name: str, value: str) -> str:
    if not value:
        raise ValueError(f"{name} is empty; the host needs a value")
    _refuse_unprintable(path=name, value=value)
    return '"' + "".join(f"\\{char}" if char in '"\\$`' else char for char in value) + '"'


def arguments_text(arguments: tuple[str, ...]) -> str:
    """One vLLM argument per line, as ``mapfile`` reads them."""
    for argument in arguments:
        _refuse_unprintable(path="vllm:serving.extraArgs", value=argument)
    return "".join(f"{argument}\n" for argument in arguments)


def _refuse_unprintable(*, path: str, value: str) -> None:
    """A line break would start another line of the file; other control characters do not survive YAML."""
    if value.isprintable():
        return
    raise ConfigError(
        [
            Problem(
                path=path,
                given=repr(value),
                allowed="one line of printable characters",
                example='extraArgs: {chat-template: "{{ messages }}"}',
                message="The host gets one line per value; this one holds a line break or a control character.",
            )
        ]
    )
