"""Rows of ``test_bad_input``: changes to a good file, and what the report must say; network: ``bad_network_input``."""

from __future__ import annotations

from typing import Any

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/token-AbCdEf"

# changes to a good file | path | given | in allowed | example | in message
BAD_INPUT: list[tuple[Any, ...]] = [
    # unknown sections and keys
    ({"vllm:servng": {}}, "vllm:servng", "{}", "vllm:serving", "vllm:serving: {maxModelLen: 8192}", "did you mean"),
    ({"model": "a/b"}, "model", "a/b", "vllm:model", "vllm:model: {id:", "did you mean vllm:model"),
    ({"vlm:model": "a/b"}, "vlm:model", "a/b", "vllm:model", "vllm:model: {id:", "did you mean vllm:model"),
    ({"vllm:maxModelLen": 1}, "vllm:maxModelLen", "1", "vllm:serving", "vllm:serving:", "a key of vllm:serving"),
    ({"vllm:stack": "x"}, "vllm:stack", "x", "vllm:model", "vllm:", "no such"),
    ({"vllm:zzz": 1}, "vllm:zzz", "1", "vllm:model", "vllm:model:", "no such section"),
    (
        {"vllm:serving": {"max_model_len": 8192}},
        *("vllm:serving.max_model_len", "8192", "maxModelLen, concurrency"),
        *("maxModelLen: 8192", "did you mean maxModelLen"),
    ),
    ({"vllm:cache": {"qqq": 1}}, "vllm:cache.qqq", "1", "sizeGib", "sizeGib: 200", "has no key qqq"),
    # sections and values of the wrong type
    (
        {"vllm:serving": 8192},
        "vllm:serving",
        "8192",
        "a mapping with maxModelLen",
        "{maxModelLen:",
        "not a whole number",
    ),
    ({"vllm:scaling": ["x"]}, "vllm:scaling", '["x"]', "a mapping with min", "{min: 1}", "not a list"),
    ({"vllm:scaling": "x"}, "vllm:scaling", "x", "a mapping with min", "{min: 1}", "not text"),
    ({"vllm:model": 5}, "vllm:model", "5", "a mapping with id", "{id:", "not a whole number"),
    ({"vllm:model": {"id": True}}, "vllm:model.id", "true", "HuggingFace", "meta-llama/", "must be text"),
    ({"vllm:serving": {"maxModelLen": "8k"}}, "vllm:serving.maxModelLen", "8k", "1 to", "8192", "not text"),
    ({"vllm:serving": {"maxModelLen": 8.5}}, "vllm:serving.maxModelLen", "8.5", "1 to", "8192", "whole number"),
    ({"vllm:serving": {"maxModelLen": True}}, "vllm:serving.maxModelLen", "true", "1 to", "8192", "whole number"),
    ({"vllm:cache": {"protect": "no"}}, "vllm:cache.protect", "no", "true or false", "true", "true or false"),
    ({"vllm:monitoring": {"notify": "a@b.c"}}, "vllm:monitoring.notify", "a@b.c", "e-mail", "[ml-", "must be a list"),
    ({"vllm:serving": {"extraArgs": []}}, "vllm:serving.extraArgs", "[]", "a mapping", "{enable", "must be a mapping"),
    # model
    ({"vllm:model": None}, "vllm:model", "nothing", "a mapping with id", "{id:", "required"),
    ({"vllm:model": {}}, "vllm:model.id", "nothing", "HuggingFace", "meta-llama/", "required"),
    (
        {"vllm:model": "https://huggingface.co/a/b"},
        "vllm:model",
        "https://",
        "HuggingFace",
        "meta-llama/",
        "not an address",
    ),
    ({"vllm:model": "a/b/c"}, "vllm:model", "a/b/c", "HuggingFace", "meta-llama/", "not the shape"),
    ({"vllm:model": ""}, "vllm:model", '""', "HuggingFace", "meta-llama/", "not the shape"),
    ({"vllm:model": {"id": "a/b", "revision": ".."}}, "vllm:model.revision", "..", "commit", "0e9e39f2", "neither"),
    (
        {"vllm:model": {"id": "a/b", "servedName": "a b"}},
        "vllm:model.servedName",
        "a b",
        "1 to 128",
        "llama",
        "not 1 to",
    ),
    (
        {"vllm:model": {"id": "a/b", "tokenSecretArn": "my-secret"}},
        *("vllm:model.tokenSecretArn", "my-secret", "Secrets Manager", "arn:aws:secretsmanager", "not the ARN"),
    ),
    (
        {"vllm:model": {"id": "a/b", "tokenSecretArn": ARN}},
        *("vllm:model.tokenSecretArn", ARN, "us-east-1", "arn:aws:secretsmanager:us-east-1", "their own region"),
    ),
    (
        {"vllm:model": {"id": "a/b", "configFile": "model.yaml"}},
        *("vllm:model.configFile", "model.yaml", "config.json", "models/my-model.json", ".json"),
    ),
    (
        {"vllm:model": {"id": "a/b", "configFile": "a\x00b.json"}},
        *("vllm:model.configFile", "a", "config.json", "models/my-model.json", "control characters"),
    ),
    # serving
    (
        {"vllm:serving": {"maxModelLen": 0}},
        "vllm:serving.maxModelLen",
        "0",
        "1 to",
        "8192",
        "greater than or equal to 1",
    ),
    (
        {"vllm:serving": {"gpuMemoryUtilization": 90}},
        *("vllm:serving.gpuMemoryUtilization", "90", "above 0, at most 1", "0.90", "less than or equal to 1"),
    ),
    (
        {"vllm:serving": {"gpuMemoryUtilization": 0}},
        *("vllm:serving.gpuMemoryUtilization", "0", "above 0, at most 1", "0.90", "greater than 0"),
    ),
    (
        {"vllm:serving": {"gpuMemoryUtilization": float("nan")}},
        *("vllm:serving.gpuMemoryUtilization", "NaN", "above 0, at most 1", "0.90", "finite"),
    ),
    (
        {"vllm:serving": {"maxModelLen": 4096, "typicalTokens": 8192}},
        *("vllm:serving.typicalTokens", "8192", "which is 4096", "2048", "longer than the longest"),
    ),
    (
        {"vllm:serving": {"maxNumSeqs": 256, "maxNumBatchedTokens": 128}},
        *("vllm:serving.maxNumBatchedTokens", "128", "which is 256", "2048", "one token per step"),
    ),
    (
        {"vllm:serving": {"extraArgs": {"--seed": 1}}},
        *("vllm:serving.extraArgs.--seed", "--seed", "without dashes", "{enable", "without dashes in front: seed"),
    ),
    (
        {"vllm:serving": {"extraArgs": {"max_lora_rank": 1}}},
        *("vllm:serving.extraArgs.max_lora_rank", "max_lora_rank", "a mapping", "{enable", "joined by dashes"),
    ),
    (
        {"vllm:serving": {"extraArgs": {"seed": None}}},
        *("vllm:serving.extraArgs.seed", "nothing", "a mapping", "{enable", "none of what is allowed"),
    ),
    # compute
    ({"vllm:compute": {"tensorParallel": 0}}, "vllm:compute.tensorParallel", "0", "1 to 64", "4", "none of what"),
    ({"vllm:compute": {"tensorParallel": "all"}}, "vllm:compute.tensorParallel", "all", "auto", "4", "none of what"),
    (
        {"vllm:compute": {"instanceType": "g6"}},
        "vllm:compute.instanceType",
        "g6",
        "auto",
        "g6.2xlarge",
        "not the shape",
    ),
    ({"vllm:compute": {"amiId": "ami-xyz"}}, "vllm:compute.amiId", "ami-xyz", "ami-", "ami-0123", "this is not"),
    # cache
    ({"vllm:cache": {"sizeGib": 70000}}, "vllm:cache.sizeGib", "70000", "65536", "200", "less than or equal to 65536"),
    ({"vllm:cache": {"snapshotId": "vol-1"}}, "vllm:cache.snapshotId", "vol-1", "snap-", "snap-0123", "this is not"),
    # tags
    ({"vllm:tags": {"Name": "x"}}, "vllm:tags", "Name", "at most 40", "{team", "set by the program"),
    ({"vllm:tags": {"project": "x"}}, "vllm:tags", "project", "at most 40", "{team", "lower case alike"),
    ({"vllm:tags": {"team": "x", "Team": "y"}}, "vllm:tags", "Team", "at most 40", "{team", "IAM roles"),
    ({"vllm:tags": {"aws:x": "x"}}, "vllm:tags", "aws:x", "at most 40", "{team", "by AWS itself"),
    ({"vllm:tags": {"cost center": "x"}}, "vllm:tags", "cost center", "at most 40", "{team", "without spaces"),
    ({"vllm:tags": {"example.com/team": "x"}}, "vllm:tags", "example.com/team", "at most 40", "{team", "spaces and /"),
    ({"vllm:tags": {"_index": "x"}}, "vllm:tags", "_index", "at most 40", "{team", "the key '_index'"),
    ({"vllm:tags": {"team": "a*b"}}, "vllm:tags", "a*b", "at most 40", "{team", "the value of team"),
    ({"vllm:tags": {"cost-center": 4711}}, "vllm:tags.cost-center", "4711", "in quotes", "{team", "text"),
    (
        {"vllm:tags": {f"t{index}": "x" for index in range(41)}},
        *("vllm:tags", "t0", "at most 40", "{team", "too many"),
    ),
    # monitoring
    (
        {"vllm:monitoring": {"notify": ["ops@example.com", "pager"]}},
        *("vllm:monitoring.notify[1]", "pager", "e-mail", "[ml-oncall@example.com]", "not an e-mail"),
    ),
    (
        {"vllm:monitoring": {"logRetentionDays": 31}},
        *("vllm:monitoring.logRetentionDays", "31", "14, 30, 60", "30", "nearest is 30"),
    ),
    (
        {"vllm:monitoring": {"thresholds": {"slow-response": 1}}},
        *(
            "vllm:monitoring.thresholds.slow-response",
            "slow-response",
            "slow-responses",
            "{slow",
            "did you mean slow-responses",
        ),
    ),
    (
        {"vllm:monitoring": {"thresholds": {"slow-responses": -1}}},
        *("vllm:monitoring.thresholds.slow-responses", "-1", "0 or more", "{slow", "greater than or equal to 0"),
    ),
    (
        {"vllm:monitoring": {"prometheus": True}},
        *("vllm:monitoring.prometheus", "true", "none, amp", "amp", "this must be"),
    ),
    (
        {"vllm:monitoring": {"prometheus": "AMP"}},
        *("vllm:monitoring.prometheus", "AMP", "none, amp", "amp", "'amp'"),
    ),
    (
        {"vllm:monitoring": {"prometheus": "local"}},
        *("vllm:monitoring.prometheus", "local", "none or amp", "amp", "goes with target: local"),
    ),
    (
        {"vllm:monitoring": {"scrapeFrom": "10.0.0.0/8"}},
        *("vllm:monitoring.scrapeFrom", "10.0.0.0/8", "at most 20", "[sg-", "must be a list"),
    ),
    (
        {"vllm:monitoring": {"scrapeFrom": ["10.0.0.0/8", "prometheus.example.com"]}},
        *("vllm:monitoring.scrapeFrom[1]", "prometheus.", "at most 20", "[sg-", "not an IPv4 network"),
    ),
    (
        {"vllm:monitoring": {"scrapeFrom": ["10.0.0.1/8"]}},
        *("vllm:monitoring.scrapeFrom[0]", "10.0.0.1/8", "at most 20", "[sg-", "the network is 10.0.0.0/8"),
    ),
    (
        {"vllm:monitoring": {"scrapeFrom": ["0.0.0.0/0"]}},
        *("vllm:monitoring.scrapeFrom[0]", "0.0.0.0/0", "none of them /0", "[sg-", "lets in every address"),
    ),
    (
        {"vllm:monitoring": {"scrapeFrom": ["sg-12"]}},
        *("vllm:monitoring.scrapeFrom[0]", "sg-12", "at most 20", "[sg-", "8 or 17 hexadecimal"),
    ),
    (
        {"vllm:monitoring": {"scrapeFrom": ["10.0.0.0/8", "10.0.0.0/8"]}},
        *("vllm:monitoring.scrapeFrom", "10.0.0.0/8", "at most 20", "[sg-", "named twice"),
    ),
    (
        {"vllm:monitoring": {"scrapeFrom": [f"10.0.{index}.0/24" for index in range(21)]}},
        *("vllm:monitoring.scrapeFrom", "10.0.0.0/24", "at most 20", "[sg-", "at most 20"),
    ),
    # image
    ({"vllm:image": {"tag": "v0.22.0"}}, "vllm:image.tag", "v0.22.0", "0.22.1 or newer", "v0.32.0", "CVE-2026-48746"),
    ({"vllm:image": {"tag": "v0.22.1rc1"}}, "vllm:image.tag", "v0.22.1rc1", "0.22.1", "v0.32.0", "CVE-2026-48746"),
    ({"vllm:image": {"tag": "0.9.2"}}, "vllm:image.tag", "0.9.2", "0.22.1 or newer", "v0.32.0", "CVE-2026-48746"),
    (
        {"vllm:image": {"tag": "latest"}},
        "vllm:image.tag",
        "latest",
        "image.digest",
        "v0.32.0",
        "other images over time",
    ),
    ({"vllm:image": {"tag": "v0.32"}}, "vllm:image.tag", "v0.32", "image.digest", "v0.32.0", "other images over time"),
    ({"vllm:image": {"tag": "a:b"}}, "vllm:image.tag", "a:b", "0.22.1 or newer", "v0.32.0", "not an image tag"),
    ({"vllm:image": {"digest": "sha256:12"}}, "vllm:image.digest", "sha256:12", "64 hex", "sha256:0123", "this is not"),
    (
        {"vllm:image": {"repository": "a/b:c"}},
        "vllm:image.repository",
        "a/b:c",
        "without tag",
        "vllm/vllm",
        "image.tag",
    ),
    ({"vllm:image": {"repository": "A B"}}, "vllm:image.repository", "A B", "without tag", "vllm/vllm", "not the name"),
    # region and target
    ({"aws:region": None}, "aws:region", "nothing", "AWS region", "us-east-1", "required"),
    ({"aws:region": "virginia"}, "aws:region", "virginia", "AWS region", "us-east-1", "not an AWS region"),
    ({"aws:region": 5}, "aws:region", "5", "AWS region", "us-east-1", "required"),
    ({"vllm:target": "gcp"}, "vllm:target", "gcp", "aws", "aws", "this must be"),
]
