"""``ops bench``: what it asks guidellm for, what it makes of the answer, and what it says when something is missing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ops.bench import tool as bench_tool
from ops.bench.tool import Load, program, step
from ops.errors import OpsError
from tests.ops.deployed_stack import Folder, make_folder
from tests.ops.guidellm_stand_in import benchmark, write_guidellm
from tests.ops.vllm_stand_in import KEY, serving

CONTEXT = 4096
LEVELS = [
    benchmark(in_flight=1, first_token_ms=100, answer_s=0.5),
    benchmark(in_flight=2, first_token_ms=110, answer_s=0.5),
]
STACK_FILE = "config:\n  aws:region: us-east-1\n  vllm:model: meta-llama/Llama-3.1-8B-Instruct\n"
STACK_FILE += "  vllm:serving: {maxModelLen: 4096, typicalTokens: 2048}\n"


def vllm(path: str, key: str | None, body: Any) -> tuple[int, Any]:
    if key != KEY:
        return 401, {"error": {"message": "Unauthorized"}}
    if path == "/v1/models":
        return 200, {"data": [{"id": "tiny", "max_model_len": CONTEXT}]}
    return 200, {"choices": [{"text": "a"}], "usage": {"prompt_tokens": 1 + len(body["prompt"].split())}}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = make_folder(tmp_path, outputs={}, environment={})
    made.stack_file("dev").write_text(STACK_FILE)
    return made


def bench(
    folder: Folder, *arguments: str, levels: Sequence[Any] | None = LEVELS, key: str = KEY
) -> subprocess.CompletedProcess[str]:
    guidellm = write_guidellm(folder.path / "tool", levels)
    with serving(vllm) as url:
        given = ("--base-url", url, "--api-key-env", "KEY", "--guidellm", str(guidellm))
        return folder.ops("bench", "--stack", "dev", *given, *arguments, KEY=key)


def told(folder: Folder) -> Any:
    return json.loads((folder.path / "tool" / "asked.json").read_text())["spec"]


def test_the_table_and_the_comparison_are_printed(folder: Folder) -> None:
    done = bench(folder, "--concurrency", "2,1", "--answer-tokens", "32", "--prompt-tokens", "96")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("tiny, 96 tokens in and 32 out, on http://127.0.0.1:")
    assert [line.split()[0] for line in lines[3:5]] == ["1", "2"]
    assert lines[6].startswith("running at once: planned ")


def test_guidellm_is_told_the_load_and_gets_the_key_by_a_file(folder: Folder) -> None:
    bench(folder, "--concurrency", "1,2", "--requests", "5", "--prompt-tokens", "96", "--answer-tokens", "32")
    spec = told(folder)
    assert spec["profile"] == {"kind": "concurrent", "streams": [1, 2]}
    assert spec["constraints"][0] == {"kind": "max_requests", "count": [5, 5]}
    assert spec["backend"]["api_key"] == KEY
    assert spec["backend"]["max_tokens"] == 32
    assert spec["backend"]["verify"] is True
    prompts = (folder.path / "tool" / "prompts.jsonl").read_text().splitlines()
    assert {len(json.loads(line)["prompt"].split()) for line in prompts} == {95}
    assert len(prompts) == 10
    environment = json.loads((folder.path / "tool" / "environment.json").read_text())
    assert KEY not in {name: value for name, value in environment.items() if name != "KEY"}.values()
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert "127.0.0.1" in environment["NO_PROXY"]


def test_without_levels_those_of_the_plan_are_run(folder: Folder) -> None:
    bench(folder)
    streams = told(folder)["profile"]["streams"]
    assert streams[0] == 1
    assert len(streams) >= 3
    assert streams == sorted(streams)


def test_rates_are_sent_at_random_times(folder: Folder) -> None:
    done = bench(folder, "--rate", "0.5,2", "--max-seconds", "60")
    spec = told(folder)
    assert spec["profile"] == {"kind": "poisson", "rate": [0.5, 2.0]}
    assert [each.get("count") for each in spec["constraints"]] == [[30, 120], None]
    assert "asked/s" in done.stdout


def test_requests_that_failed_are_status_1_and_said(folder: Folder) -> None:
    failing = [LEVELS[0], benchmark(in_flight=2, first_token_ms=1, answer_s=1, answered=17, failed=3)]
    done = bench(folder, "--concurrency", "1,2", levels=failing)
    assert done.returncode == 1
    assert "3 of 20 requests failed at 2" in done.stdout


def test_json_is_one_document_and_the_plot_a_file(folder: Folder) -> None:
    done = bench(folder, "--concurrency", "1,2", "--json", "--plot", "curves.svg")
    document = json.loads(done.stdout)
    assert (document["model"], document["failed"], len(document["levels"])) == ("tiny", 0, 2)
    assert document["plan"]["replicas"] == 1
    assert {row["verdict"] for row in document["comparison"]} == {"not measured"}
    assert (folder.path / "curves.svg").read_text().startswith("<svg")


def test_a_run_without_a_report_says_the_last_words_without_the_key(folder: Folder) -> None:
    done = bench(folder, "--concurrency", "1", levels=None)
    assert done.returncode == 1
    assert "the benchmark ended without a report" in done.stderr
    assert "ValueError: no way to [hidden]" in done.stderr
    assert KEY not in done.stderr


def test_a_key_that_is_refused_is_said_before_any_load(folder: Folder) -> None:
    done = bench(folder, key="sk-old")
    assert done.returncode == 1
    assert "/models is HTTP 401" in done.stderr
    assert "ops smoke" in done.stderr
    assert not (folder.path / "tool" / "asked.json").exists()


def test_nothing_that_answers_is_said(folder: Folder) -> None:
    done = folder.ops(
        *("bench", "--stack", "dev", "--base-url", "http://127.0.0.1:9/v1", "--api-key-env", "KEY"), KEY=KEY
    )
    assert done.returncode == 1
    assert "the endpoint does not answer as it should" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prompt-tokens", "4000", "--answer-tokens", "200"], "together at most 4096, the model's context"),
        (["--plot", "nowhere/curves.svg"], "the curves cannot be written there"),
        (["--concurrency", "0"], "argument --concurrency: invalid"),
        (["--concurrency", "1,x"], "argument --concurrency: invalid"),
        (["--rate", "-1"], "argument --rate: invalid"),
        (["--rate", "1", "--concurrency", "1"], "not allowed with"),
    ],
)
def test_what_cannot_be_run_is_status_2(folder: Folder, arguments: list[str], said: str) -> None:
    done = bench(folder, *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_stack_file_that_does_not_load_is_the_usual_report(folder: Folder) -> None:
    folder.stack_file("dev").write_text("config:\n  vllm:modell: x\n")
    done = bench(folder)
    assert done.returncode == 2
    assert "vllm:modell" in done.stderr


LOAD = Load(kind="concurrency", targets=(1, 8), requests=(20, 24), max_seconds=60, prompts=("a",), answer_tokens=1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "11-30|INFO|x - Benchmark 2 (concurrent@8): started | elapsed=0.0s | successful=3 errored=1 incomplete=0",
            "level 2 of 2 (8 at a time): 3 of at most 24 answered, 1 failed",
        ),
        ("Generating train split: 12 examples", None),
        ("Benchmark 9 (concurrent@8): started | elapsed=0.0s | successful=3 errored=1 incomplete=0", None),
    ],
)
def test_its_log_says_how_far_it_is(line: str, said: str | None) -> None:
    assert step(line, load=LOAD) == said


def done(status: int, stderr: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], status, stdout="", stderr=stderr)


def test_guidellm_is_installed_beside_the_project_and_without_cuda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        (tmp_path / "vllm-pulumi" / "guidellm").mkdir(parents=True, exist_ok=True)
        return done(0)

    expected = tmp_path / "vllm-pulumi" / "guidellm" / "bin" / "guidellm"
    assert program(run=run) == expected
    assert [" ".join(command[2:4]) for command in ran] == ["uv venv", "uv pip"]
    assert ran[1][-2:] == ["--torch-backend", "cpu"]
    assert program(run=run) == expected
    assert len(ran) == 2


def test_where_no_index_has_torch_without_cuda_the_usual_one_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        (tmp_path / "vllm-pulumi" / "guidellm").mkdir(parents=True, exist_ok=True)
        return done(1 if "--torch-backend" in command else 0)

    program(run=run)


def test_without_a_network_it_says_what_else_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(OpsError, match=r"could not be installed(.|\n)*--guidellm") as raised:
        program(run=lambda command: done(1 if "install" in command else 0, "error: dns error\n"))
    assert raised.value.problem.given == "error: dns error"


def test_its_version_is_pinned() -> None:
    pinned = bench_tool.REQUIREMENTS.read_text().splitlines()
    assert any(line.startswith("guidellm==") for line in pinned)
    assert all("==" in line for line in pinned if not line.startswith("#"))
