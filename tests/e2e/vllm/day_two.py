"""``ops smoke`` and ``ops bench`` as a person runs them, on a server that is there already."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.vllm.server import KEY, MAX_NUM_SEQS, Endpoint

ROOT = Path(__file__).resolve().parents[3]
STACK_FILE = f"""config:
  vllm:target: local
  vllm:model: Qwen/Qwen2.5-1.5B-Instruct
  vllm:serving: {{maxModelLen: 1024, typicalTokens: 256, maxNumSeqs: {MAX_NUM_SEQS}}}
"""
BENCH_WITHIN_S = 1500.0  # most of it guidellm's own start on a busy machine


@dataclass(frozen=True, kw_only=True)
class Person:
    """In a folder with a stack file whose plan is of ``MAX_NUM_SEQS`` requests at a time."""

    endpoint: Endpoint
    folder: Path

    @classmethod
    def at(cls, endpoint: Endpoint, folder: Path) -> Person:
        (folder / "Pulumi.bench.yaml").write_text(STACK_FILE)
        return cls(endpoint=endpoint, folder=folder)

    def ops(self, verb: str, *arguments: str, direct: bool = False) -> subprocess.CompletedProcess[str]:
        """Through nginx, or ``direct``."""
        port = self.endpoint.server if direct else self.endpoint.front
        given = ["--stack", "bench", "--base-url", f"http://127.0.0.1:{port}/v1", "--api-key-env", "VLLM_KEY"]
        return subprocess.run(
            [sys.executable, "-m", "ops", verb, *given, *arguments],
            cwd=self.folder,
            env=os.environ | {"VLLM_KEY": KEY, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=BENCH_WITHIN_S,
        )
