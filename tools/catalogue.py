"""Rebuild ``instances.json``, ``models.json`` and ``offerings.json`` in ``sizing/data``.

    .venv/bin/python -m tools.catalogue [--data ../shared/data]

Instances are from the tables of ``--data``; models from them and from ``tools/popular_models.json``; offerings from the
installed moto, for the types in ``instances.json``. Where there are no tables only the offerings are rebuilt. What the
tables cannot say is said here and in ``tools/model_facts.py`` once: which checkpoints are gated, what the shape of one
field means.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib.util
import json
import sys
from collections.abc import Collection, Iterable
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

from tools.model_facts import FACTS

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "sizing" / "data"
MOTO_DATE = "2026-10-27"  # of the moto release; what it keeps is no newer

# HuggingFace asks for an accepted licence before these download (prefixes; model pages, 2026-11).
GATED = ("meta-llama/", "google/gemma-2", "google/gemma-3", "CohereLabs/")
POPULAR = ROOT / "tools" / "popular_models.json"

# How a checkpoint stores its linear layers, where config.json in the table does not say (or says its base's).
QUANTIZATION = {
    "DeepSeek-R1-AWQ": "awq",
    "LGAI-EXAONE/EXAONE-4.0-32B-FP8": "fp8",
    "Qwen/Qwen1.5-7B-Chat-GPTQ-Int4": "gptq",
    "Qwen/Qwen3.8-27B-FP8": "fp8",
    "Qwen2.5-32B-Instruct-INT8-W8A16": "compressed-tensors-int8",
    "RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic": "compressed-tensors",
    "TheBloke/Mixtral-8x7B-Instruct-v0.1-AWQ": "awq",
    "gaunernst/gemma-3-27b-it-int4-awq": "awq",
    "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4": "awq",
    "meta-llama/Meta-Llama-3.1-405B-Instruct-FP8": "fbgemm_fp8",
    "moonshotai/Kimi-K2-Thinking": "int4_experts",
    "openai/gpt-oss-120b": "mxfp4",
    "openai/gpt-oss-20b": "mxfp4",
    "unsloth/Llama-3.2-1B-Instruct-FP8-Block": "fp8",
    "unsloth/Qwen3-8B-FP8": "fp8",
    "unsloth/meta-llama-3.1-8b-instruct-unsloth-bnb-4bit": "bitsandbytes",
    "unsloth/mistral-7b-instruct-v0.3-bnb-4bit": "bitsandbytes",
    "unsloth/phi-4-bnb-4bit": "bitsandbytes",
    "unsloth/qwen2.5-3b-instruct-unsloth-bnb-4bit": "bitsandbytes",
    "unsloth/qwen2.5-vl-7b-instruct-unsloth-bnb-4bit": "bitsandbytes",
}

# Embedding and output matrix are one (their config.json says so; the table leaves the field out).
TIED = (
    "Qwen/Qwen2.5-3B-Instruct",
    "Qwen/Qwen2.5-Math-1.5B",
    "gaunernst/gemma-3-27b-it-int4-awq",
    "google/gemma-3-27b-it",
    "meta-llama/Llama-3.2-3B-Instruct",
    "unsloth/Llama-3.2-1B-Instruct-FP8-Block",
    "unsloth/Llama-3.2-3B-Instruct",
    "unsloth/Qwen3-4B-Base",
    "unsloth/qwen2.5-3b-instruct-unsloth-bnb-4bit",
)

# Corrections that the table itself states in its notes.
MAX_POSITIONS = {"Qwen/Qwen3-30B-A3B-Instruct-2507-FP8": 262144}

# Rows that lack what the arithmetic needs; kept so that the refusal can say why.
INCOMPLETE = {
    "deepseek-ai/DeepSeek-V4-Flash": "its compressed attention and parameter count are not known",
}

KEPT = (
    "num_hidden_layers",
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
    "max_position_embeddings",
    "tie_word_embeddings",
    "torch_dtype",
    "num_experts_per_tok",
    "moe_intermediate_size",
    "n_shared_experts",
    "first_k_dense_replace",
    "kv_lora_rank",
    "q_lora_rank",
    "qk_nope_head_dim",
    "qk_rope_head_dim",
    "v_head_dim",
    "sliding_window",
    "global_head_dim",
    "num_global_key_value_heads",
    "linear_conv_kernel_dim",
    "linear_key_head_dim",
    "linear_num_key_heads",
    "linear_num_value_heads",
    "linear_value_head_dim",
    "parameter_count_billion",
)


def full_attention_layers(shape: dict[str, Any]) -> int | None:
    """Layers that keep the whole context, where others keep a window or a fixed state; None: all of them."""
    if counts := shape.get("layer_types_count"):
        return int(counts["full_attention"])
    groups = {"5 local : 1 global": 6, "LLLG (3 local : 1 global)": 4}
    if group := groups.get(shape.get("sliding_window_pattern", "")):
        return int(shape["num_hidden_layers"]) // group
    return None


def model_row(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"id": name, "gated": name.startswith(GATED)}
    row |= {key: shape[key] for key in KEPT if shape.get(key) is not None}
    experts = shape.get("num_experts") or shape.get("n_routed_experts") or shape.get("num_local_experts")
    if experts:
        row["num_experts"] = experts
    declared = (shape.get("quantization_config") or {}).get("quant_method")
    if quantization := QUANTIZATION.get(name, declared):
        row["quantization"] = quantization
    if name in TIED:
        row["tie_word_embeddings"] = True
    if name in MAX_POSITIONS:
        row["max_position_embeddings"] = MAX_POSITIONS[name]
    if (layers := full_attention_layers(shape)) is not None:
        row["full_attention_layers"] = layers
    if name in INCOMPLETE:
        row["incomplete"] = INCOMPLETE[name]
    row |= FACTS.get(name, {})
    row["source"] = shape["source"]
    return {key: value for key, value in row.items() if value is not None}


def popular_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row of ``popular_models.json``, complete but for what is the same for a whole organisation."""
    return {"id": row["id"], "gated": row["id"].startswith(GATED)} | row


def instance_row(row: dict[str, str]) -> dict[str, Any]:
    price = row["us_east_1_on_demand_usd_hr"]
    return {
        "instance_type": row["instance_type"],
        "gpu": row["gpu"],
        "gpu_count": int(row["gpu_count"]),
        "gpu_memory_gib": float(row["gpu_mem_gib_each"]),
        "vcpus": int(row["vcpu"]),
        "memory_gib": float(row["mem_gib"]),
        "local_nvme_gb": float(row["local_nvme_gb"]),
        "ebs_gbps": float(row["ebs_gbps"]),
        "hourly_usd": float(price) if price else None,
    }


def dump(path: Path, head: dict[str, Any], name: str, rows: list[dict[str, Any]]) -> None:
    """One row a line, so that a refresh is a readable diff."""
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    opening = json.dumps(head, indent=1).removesuffix("\n}")
    path.write_text(f'{opening},\n "{name}": [\n{lines}\n ]\n}}\n')


def offering_rows(region: str, locations: Iterable[tuple[str, str]], *, types: Collection[str]) -> list[dict[str, Any]]:
    """Rows of one region from (type, zone) pairs: which of ``types`` are offered in which zones, by their letters.

    A region that offers none of them is known too: one row without types.
    """
    letters: dict[str, str] = {}
    for name, zone in sorted(locations):
        if name in types and zone[:-1] == region:  # no local zones: they take no load balancer of our kind
            letters[name] = letters.get(name, "") + zone[-1]
    rows = sorted((zones, name) for name, zones in letters.items())
    return [
        {"region": region, "zones": zones, "types": [name for _, name in group]}
        for zones, group in groupby(rows, key=lambda row: row[0])
    ] or [{"region": region, "zones": "", "types": []}]


def write_offerings(out: Path, *, types: Collection[str]) -> None:
    """What moto keeps of DescribeInstanceTypeOfferings, a file for each region."""
    spec = importlib.util.find_spec("moto")
    if spec is None or spec.origin is None:
        raise SystemExit("moto is not installed: make setup")
    folder = Path(spec.origin).parent / "ec2/resources/instance_type_offerings/availability-zone"
    rows = []
    for file in sorted(folder.glob("*.json.gz")):
        found = json.loads(gzip.decompress(file.read_bytes()))
        pairs = [(entry["InstanceType"], entry["Location"]) for entry in found]
        rows += offering_rows(file.name.removesuffix(".json.gz"), pairs, types=types)
    source = f"DescribeInstanceTypeOfferings of one account, by zone, as kept by moto {version('moto')}"
    dump(out, {"source": source, "date": MOTO_DATE}, "offerings", rows)


def write_tables(data: Path) -> None:
    with (data / "gpu_instances.csv").open(newline="") as table:
        instances = [instance_row(row) for row in csv.DictReader(table)]
    head = {
        "source": "DescribeInstanceTypes as kept by moto 5.2.5 (p3.2/8/16xlarge: 5.0.28); us-east-1 on-demand Linux "
        "prices from aws/karpenter-provider-aws zz_generated.pricing_aws.go",
        "specs_date": MOTO_DATE,
        "prices_date": "2026-07-20",
        "price_region": "us-east-1",
        "architecture": "x86_64",
    }
    dump(OUT / "instances.json", head, "instances", instances)
    shapes = json.loads((data / "model_shapes.json").read_text())
    models = [model_row(name, shape) for name, shape in shapes.items()]
    models += [popular_row(row) for row in json.loads(POPULAR.read_text())["models"] if row["id"] not in shapes]
    models.sort(key=lambda row: str(row["id"]).lower())
    head = {"source": "the config.json of each checkpoint or of its base; see each row", "date": "2026-11-24"}
    dump(OUT / "models.json", head, "models", models)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    data = parser.parse_args().data
    if data.is_dir():
        write_tables(data)
    else:
        print(f"{data} is not there: instances.json and models.json stay as they are", file=sys.stderr)
    types = [row["instance_type"] for row in json.loads((OUT / "instances.json").read_text())["instances"]]
    write_offerings(OUT / "offerings.json", types=types)


if __name__ == "__main__":
    main()
