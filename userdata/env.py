"""The generated half of a host: ``/etc/vllm/vllm.env``, ``/etc/vllm/args`` and ``/etc/vllm/container.env``."""

from __future__ import annotations

from config.errors import ConfigError, Problem
from monitoring.rules import METRICS_PORT
from sizing.fleet_plan import HostType
from userdata.container import container_environment, env_file_text
from userdata.options import HostOptions

HF_HOME = "/cache/huggingface"  # in the container, where run-vllm.sh mounts the cache slot
CACHE_ROOT = "/cache/vllm"


def host_environment(*, options: HostOptions, scripts_key: str) -> dict[str, str]:
    """What the scripts read, by variable name. Nothing that a host may learn without a restart."""
    plan = options.plan
    timers = plan.timers
    # Only where it says something: a variable less is what tells boot.sh that nothing is to be sent.
    remote_write = {"REMOTE_WRITE_IMAGE": options.remote_write.image} if options.remote_write else {}
    source = {"MODEL_SOURCE": options.model_source} if options.model_source else {}
    return {
        "API_KEYS_SECRET_ARN": options.api_keys_secret_arn,
        "AWS_REGION": options.region,
        "BOOT_DEADLINE_S": str(timers.boot_deadline_s),
        "BOOT_LOOP_ALARM": options.boot_loop_alarm,
        "CACHE_POOL": options.cache_pool,
        "CACHE_WAIT_S": str(timers.cache_wait_s),
        "CHECKPOINT_GIB": str(plan.checkpoint_gib),
        "COLD_START_S": " ".join(f"{phase}={seconds}" for phase, seconds in plan.cold_start.phases),
        "CONTAINER_USER": options.container_user,
        "DEREGISTRATION_DELAY_S": str(timers.deregistration_delay_s),
        "DRIVER_NEEDED": str(plan.driver_needed),
        "HF_TOKEN_REQUIRED": "true" if options.hf_token_required else "false",
        "HF_TOKEN_SECRET_ARN": options.hf_token_secret_arn,
        "IMAGE": options.image,
        "LAUNCHING_HOOK": options.launching_hook,
        "LAUNCH_HEARTBEAT_INTERVAL_S": str(timers.launch_heartbeat_interval_s),
        "LOG_GROUP": options.log_group,
        "METRICS_PORT": str(METRICS_PORT),
        "METRICS_PORT_OPEN": "true" if options.metrics_port_open else "false",
        **source,
        **remote_write,
        **type_environment(plan.host_types[0]),
        "SCRIPTS_BUCKET": options.scripts_bucket,
        "SCRIPTS_KEY": scripts_key,
        "SERVED_NAME": plan.served_name,
        "STACK": options.stack,
        "STALL_S": str(timers.stall_s),
        "STOP_TIMEOUT_S": str(timers.stop_timeout_s),
        "TARGET_GROUP_ARN": options.target_group_arn,
        "TERMINATING_HOOK": options.terminating_hook,
        "VLLM_ENGINE_READY_TIMEOUT_S": str(timers.engine_ready_timeout_s),
    }


def type_environment(host_type: HostType) -> dict[str, str]:
    """What depends on the type that a host has."""
    return {
        "GPUS_NEEDED": str(host_type.gpus_per_replica),
        "PLANNED_CONCURRENCY": str(host_type.planned_concurrency),
    }


def container_env_text(options: HostOptions) -> str:
    """What the container on a host gets as its environment."""
    return env_file_text(container_environment(options.plan, hf_home=HF_HOME, cache_root=CACHE_ROOT))


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
