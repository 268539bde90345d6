"""``ops review --preview``: the engine's steps in the same form, and files that are no preview."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from ops.cli import main
from ops.review.steps import value_at

PREFIX = "urn:pulumi:prod::vllm::"
STACK = f"{PREFIX}pulumi:pulumi:Stack::vllm-prod"
FLEET = f"{PREFIX}vllm:components:Fleet::vllm"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "c2VjcmV0"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def state(type_: str, called: str, *, outputs: dict[str, Any] | None = None, **inputs: Any) -> dict[str, Any]:
    urn = STACK if type_ == "pulumi:pulumi:Stack" else f"{PREFIX}vllm:components:Fleet${type_}::{called}"
    return {"urn": urn, "type": type_, "custom": True, "parent": FLEET, "inputs": inputs, "outputs": outputs or {}}


def step(op: str, old: dict[str, Any] | None, new: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    states = {key: value for key, value in (("oldState", old), ("newState", new)) if value is not None}
    return {"op": op, "urn": (new or old or {})["urn"], **states, **more}


def user_data(length: int) -> str:
    file = f"- path: /etc/vllm/args\n  content: |2+\n    --max-model-len\n    {length}\n"
    return base64.b64encode(f"#cloud-config\nwrite_files:\n{file}".encode()).decode()


def reviewed(folder: Path, capsys: pytest.CaptureFixture[str], *steps: dict[str, Any]) -> dict[str, Any]:
    file = folder / "preview.json"
    file.write_text(json.dumps({"config": {}, "steps": steps, "diagnostics": []}))
    assert main(["review", "--preview", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["base"], document["head"]) == (str(file), "")
    (stack,) = document["stacks"]
    assert stack["stack"] == "prod"
    return dict(stack)


def test_properties_with_the_values_of_the_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = state("aws:autoscaling/group:Group", "vllm", launchTemplate={"version": "3"}, tags=[{"key": "a"}], token="x")
    new = state("aws:autoscaling/group:Group", "vllm", launchTemplate={"version": UNKNOWN}, tags=[], token=SECRET)
    detail = {name: {"kind": "update"} for name in ("launchTemplate.version", "tags[0].key", "token")}
    (change,) = reviewed(tmp_path, capsys, step("update", old, new, detailedDiff=detail))["changes"]
    assert (change["op"], change["name"], change["parent"]) == ("update", "vllm", FLEET)
    assert [(item["path"], item["before"], item["after"], item["forces"]) for item in change["properties"]] == [
        ("launchTemplate.version", "3", "[unknown]", "no"),
        ("tags[0].key", "a", None, "no"),
        ("token", "x", "[secret]", "no"),
    ]


def test_a_replacement_is_one_change_of_three_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (state("aws:lb/targetGroup:TargetGroup", "vllm", port=port, name="x") for port in (8000, 8001))
    more = {
        "detailedDiff": {"port": {"kind": "update-replace"}, "name": {"kind": "update"}},
        "replaceReasons": ["port"],
    }
    steps = (
        step("create-replacement", old, new, **more),
        step("replace", old, new, **more),
        step("delete-replaced", old, None),
    )
    (change,) = reviewed(tmp_path, capsys, *steps)["changes"]
    assert change["op"] == "replace"
    assert [(item["path"], item["forces"]) for item in change["properties"]] == [("port", "yes"), ("name", "no")]


def test_what_comes_goes_stays_and_is_renamed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    topic = "aws:sns/topic:Topic"
    steps = (
        step("same", state("pulumi:pulumi:Stack", "vllm-prod"), state("pulumi:pulumi:Stack", "vllm-prod")),
        step("same", state(topic, "kept"), state(topic, "kept")),
        step("create", None, state(topic, "new")),
        step("delete", state(topic, "old"), None),
        step("read", None, state(topic, "looked-at")),
        step("same", state(topic, "before"), state(topic, "after")),
    )
    found = reviewed(tmp_path, capsys, *steps)
    assert [(change["name"], change["op"]) for change in found["changes"]] == [
        ("new", "create"),
        ("old", "delete"),
        ("after", "rename"),
    ]
    assert found["changes"][2]["renamed_from"].endswith("::before")
    assert "does not show the plan" in found["notes"][0]


def test_the_plan_and_the_files_where_the_preview_has_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def both(length: int, usd: float) -> tuple[dict[str, Any], dict[str, Any]]:
        plan = {"vllm_args": ["--max-model-len", str(length)], "cost": {"monthly_usd": usd}}
        return (
            state("pulumi:pulumi:Stack", "vllm-prod", outputs={"plan": plan}),
            state("aws:ec2/launchTemplate:LaunchTemplate", "host", userData=user_data(length)),
        )

    old, new = both(8192, 100.0), both(16384, 120.0)
    detail = {"userData": {"kind": "update"}}
    steps = (step("update", old[0], new[0]), step("update", old[1], new[1], detailedDiff=detail))
    found = reviewed(tmp_path, capsys, *steps)
    assert found["monthly_usd"] == [100.0, 120.0]
    assert [change["what"] for change in found["plan"]] == ["--max-model-len"]
    (file,) = found["files"]
    assert file["path"] == "/etc/vllm/args"
    assert {"-8192", "+16384"} <= set(file["diff"])
    assert found["notes"] == []


def test_without_the_providers_detail_the_reasons_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (state("aws:sns/topic:Topic", "a", name=name, policy="p") for name in ("x", "y"))
    more = {"detailedDiff": None, "diffReasons": ["name"], "replaceReasons": ["name"]}
    (change,) = reviewed(tmp_path, capsys, step("replace", old, new, **more))["changes"]
    (item,) = change["properties"]
    assert (item["path"], item["before"], item["after"], item["forces"]) == ("name", "x", "y", "yes")


def test_from_stdin_as_markdown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [step("create", None, state("aws:sns/topic:Topic", "new"))]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"steps": steps})))
    assert main(["review", "--preview", "-"]) == 0
    assert "**Topic `new`** created" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "it cannot be read: No such file"),
        ("", "it is not one JSON document"),
        ('{"type": 1}\n{"type": 2}', "it is not one JSON document"),
        ("[" * 100_000, "it is not one JSON document"),
        ("[]", "it has no steps"),
        ('{"steps": []}', "it has no steps"),
        ('{"steps": [{"urn": "x"}]}', "it has no steps, or such as no preview has"),
        ('{"steps": [{"urn": "urn:pulumi:a::b::c::d", "newState": {}}]}', "it has no steps, or such"),
    ],
)
def test_a_file_that_is_no_preview(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, says: str
) -> None:
    file = tmp_path / "preview.json"
    if text is not None:
        file.write_text(text)
    assert main(["review", "--preview", str(file), "--json"]) == 2
    (found,) = json.loads(capsys.readouterr().out)["errors"]
    assert found["path"] == "--preview"
    assert says in found["message"]
    assert found["example"] == "pulumi preview --stack dev --json > preview.json"


@pytest.mark.parametrize("more", [["main"], ["--stack", "dev"]])
def test_a_preview_takes_no_revision(capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    assert main(["review", *more, "--preview", "preview.json", "--json"]) == 2
    (found,) = json.loads(capsys.readouterr().out)["errors"]
    assert "takes no revision and no --stack" in found["message"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("a.c", None),
        ("list[1].x", 3),
        ("list[7].x", None),
        ('tags["team.name"]', "red"),
        ("hidden.inside[0]", "[secret]"),
    ],
)
def test_a_path_of_the_engine(path: str, value: Any) -> None:
    properties = {
        "a": {"b": 1},
        "list": [{"x": 2}, {"x": 3}],
        "tags": {"team.name": "red"},
        "hidden": "[secret]",
    }
    assert value_at(properties, path) == value
