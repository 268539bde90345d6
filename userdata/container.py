"""The environment of the vLLM container, wherever it runs. No secret: a container engine keeps it in its store."""

from __future__ import annotations

from collections.abc import Mapping

from sizing.plan import Plan

SECRETS_FOLDER = "/run/secrets/vllm"
"""In the container, read only: what vLLM reads by ``--config``, and the token of a gated model."""
CONTAINER_USER = "2000:0"
"""The user beside root that vLLM's image is made for (docs/deployment/docker.md of vLLM; its pull request 40275)."""
ROOT_USER = "0:0"
HOME = "/tmp"  # noqa: S108 - a tmpfs of the container's own; its root is read only
CONFIG_FILE = f"{SECRETS_FOLDER}/config.yaml"
TOKEN_FILE = f"{SECRETS_FOLDER}/hf_token"


def container_environment(plan: Plan, *, hf_home: str, cache_root: str, token_path: str = TOKEN_FILE) -> dict[str, str]:
    """Variables by name. ``hf_home``: the HuggingFace cache; ``cache_root``: what vLLM compiles; both as the container
    sees them. ``token_path``: a file that need not be there.

    What libraries compile outside of vLLM's own cache (Triton, FlashInfer, the CUDA driver) goes there too, as ``HOME``
    does not last. PyTorch asks who it runs as, and fails without a name: vLLM's issue 44548.
    """
    variables = {
        "CUDA_CACHE_PATH": f"{cache_root}/cuda",
        "FLASHINFER_WORKSPACE_BASE": cache_root,
        "HF_HOME": hf_home,
        "HF_TOKEN_PATH": token_path,
        "HOME": HOME,
        "TRITON_HOME": cache_root,
        "USER": "vllm",
        "VLLM_CACHE_ROOT": cache_root,
        "VLLM_ENGINE_READY_TIMEOUT_S": str(plan.timers.engine_ready_timeout_s),
        "VLLM_HTTP_TIMEOUT_KEEP_ALIVE": str(plan.timers.keep_alive_s),
        "VLLM_MEDIA_URL_ALLOW_REDIRECTS": "0",
        "VLLM_NO_USAGE_STATS": "1",
    }
    if plan.local is not None and plan.local.cpu_kv_space_gib:
        variables["VLLM_CPU_KVCACHE_SPACE"] = str(plan.local.cpu_kv_space_gib)
    return dict(sorted(variables.items()))


def env_file_text(variables: Mapping[str, str]) -> str:
    """As ``docker run --env-file`` reads it: nothing is quoted, a value ends with its line."""
    return "".join(f"{name}={_one_line(name=name, value=variables[name])}\n" for name in sorted(variables))


def _one_line(*, name: str, value: str) -> str:
    if not value or not value.isprintable():
        raise ValueError(f"{name} must be one line of printable characters, not {value!r}")
    return value
