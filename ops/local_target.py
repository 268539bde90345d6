"""What verbs about AWS say to a stack on this machine."""

from __future__ import annotations

from config.errors import ConfigError, Problem
from config.models import StackConfig
from machine.names import Names


def refuse_local(config: StackConfig, *, message: str, example: str) -> None:
    """ConfigError for ``target: local``: why the verb has no meaning there (``message``), what does the same there."""
    if config.target != "local":
        return
    raise ConfigError(
        [
            Problem(
                path="vllm:target",
                given="local",
                allowed="a stack with target: aws",
                example=example,
                message=message,
            )
        ]
    )


def volumes_of(stack: str) -> tuple[str, str]:
    """Model files, and what vLLM compiles."""
    names = Names(stack)
    return names.huggingface_volume, names.compile_volume
