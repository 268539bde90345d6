"""A host that may have one of several types takes what belongs to its own, at each boot."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigError
from config.parse import parse
from sizing.fleet_plan import HostType
from sizing.prepare import prepare
from tests.userdata.builders import ARGUMENTS, FIRST_TYPE, make_options, make_plan
from tests.userdata.host import Host
from userdata.env import arguments_text
from userdata.files.host_type import arguments_of, with_flags
from userdata.host_types import own_flags, types_text
from userdata.render import TYPES_FILE, USER_DATA_LIMIT_BYTES, cloud_config

LARGE, LARGER = "g6.12xlarge", "g5.24xlarge"


def changed(arguments: tuple[str, ...], **values: str) -> tuple[str, ...]:
    """``arguments`` with other values of flags, whose dashes are underscores here."""
    own = list(arguments)
    for name, value in values.items():
        own[own.index("--" + name.replace("_", "-")) + 1] = value
    return tuple(own)


OWN = (*changed(ARGUMENTS, tensor_parallel_size="4"), "--max-num-seqs", "64")
OTHERS = (
    replace(FIRST_TYPE, instance_type=LARGE, gpus_per_replica=4, planned_concurrency=40, vllm_args=OWN),
    replace(FIRST_TYPE, instance_type=LARGER, planned_concurrency=11),
)
PLAN = make_plan(others=OTHERS)


@pytest.fixture
def several(host: Host) -> Host:
    """A host of a stack with three types."""
    host.path("types.json").write_text(types_text(PLAN))
    host.path("args").write_text(arguments_text(PLAN.vllm_args))
    return host


def is_a(host: Host, instance_type: str) -> None:
    host.fake("curl", f'case "$*" in *api/token*) echo token ;; *instance-type*) echo {instance_type} ;; esac')


def in_scripts(host: Host, *names: str) -> list[str]:
    """What any script of the host has in these variables."""
    show = f'. "$SCRIPTS_DIR/lib.sh"; printf "%s\\n" {" ".join(f"${name}" for name in names)}'
    environment = host.environment
    return subprocess.run(
        ["bash", "-euc", show], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize(
    ("instance_type", "gpus", "planned", "arguments"),
    [("g6.2xlarge", "1", "8", ARGUMENTS), (LARGE, "4", "40", OWN), (LARGER, "1", "11", ARGUMENTS)],
)
def test_a_host_takes_what_belongs_to_its_type(
    several: Host, instance_type: str, gpus: str, planned: str, arguments: tuple[str, ...]
) -> None:
    is_a(several, instance_type)
    result = several.step("instance-type")
    assert result.status == 0, result.output
    assert f"{instance_type}: GPUS_NEEDED={gpus}, PLANNED_CONCURRENCY={planned}" in result.output
    needed, concurrency, args = in_scripts(several, "GPUS_NEEDED", "PLANNED_CONCURRENCY", "VLLM_ARGS")
    assert (needed, concurrency) == (gpus, planned)
    assert tuple(Path(args).read_text().splitlines()) == arguments
    assert tuple(several.path("args").read_text().splitlines()) == ARGUMENTS


def test_what_is_its_own_is_said(several: Host) -> None:
    is_a(several, LARGE)
    assert several.step("instance-type").status == 0
    said = several.path("run/said").read_text()
    assert said.strip().endswith("PLANNED_CONCURRENCY=40, --tensor-parallel-size 4, --max-num-seqs 64")


def test_a_machine_that_was_given_another_type_chooses_again(several: Host) -> None:
    for instance_type, gpus in ((LARGE, "4"), (LARGE, "4"), ("g6.2xlarge", "1")):
        is_a(several, instance_type)
        assert several.step("instance-type").status == 0
        assert in_scripts(several, "GPUS_NEEDED") == [gpus]
    assert tuple(several.path("run/args").read_text().splitlines()) == ARGUMENTS


def test_a_type_in_no_list_ends_the_boot(several: Host) -> None:
    is_a(several, "p5.48xlarge")
    assert several.step("instance-type").status != 0
    assert several.reason() == (
        "this instance is a p5.48xlarge, and the stack is planned for g5.24xlarge, g6.12xlarge, g6.2xlarge: name it in "
        "vllm:compute.capacity.types (types: [p5.48xlarge]) or take it out of the group, then pulumi up"
    )
    assert not several.path("run/type.env").exists()


def test_metadata_that_do_not_tell_the_type_end_the_boot(several: Host) -> None:
    several.fake("curl", "exit 7")
    assert several.step("instance-type").status != 0
    assert several.reason() == "http://169.254.169.254 does not tell the instance type"


def test_a_stack_with_one_type_asks_nobody(host: Host) -> None:
    host.fake("curl", "exit 7")
    assert host.step("instance-type").status == 0
    assert host.calls() == []
    assert in_scripts(host, "GPUS_NEEDED", "PLANNED_CONCURRENCY", "VLLM_ARGS") == ["1", "8", str(host.path("args"))]


@pytest.mark.parametrize(("instance_type", "found", "works"), [("g6.2xlarge", 1, True), (LARGE, 3, False)])
def test_the_gpus_are_those_of_the_type(several: Host, instance_type: str, found: int, works: bool) -> None:
    is_a(several, instance_type)
    several.step("instance-type")
    several.fake("journalctl", ":")
    several.fake("nvidia-smi", f'for n in {{1..{found}}}; do echo "$n, NVIDIA L4, 23034 MiB, 580.82.07"; done')
    assert (several.step("gpus").status == 0) is works
    if not works:
        assert several.reason().startswith("4 GPUs needed, nvidia-smi says: 1, NVIDIA L4")


def files_of(text: str) -> dict[str, str]:
    return {entry["path"]: entry["content"] for entry in yaml.safe_load(text)["write_files"]}


def test_only_a_stack_with_several_types_has_a_list_of_them() -> None:
    one, some = (files_of(cloud_config(make_options(plan=plan))) for plan in (make_plan(), PLAN))
    assert TYPES_FILE not in one
    assert some.keys() - one.keys() == {TYPES_FILE}
    assert all(some[path] == one[path] for path in one)
    rows = yaml.safe_load(some[TYPES_FILE])
    assert list(rows) == [LARGER, LARGE, "g6.2xlarge"]
    assert rows[LARGE]["flags"] == {"--tensor-parallel-size": ["4"], "--max-num-seqs": ["64"]}
    assert rows[LARGER]["flags"] == {}


def test_the_order_of_preference_is_none_of_a_hosts_business() -> None:
    assert types_text(PLAN) == types_text(make_plan(others=OTHERS[::-1]))


def test_nine_types_beside_long_arguments_fit_into_user_data() -> None:
    long = (*ARGUMENTS, "--chat-template", "{{ message }}" * 150)
    others = tuple(
        HostType(
            instance_type=f"g6e.{number}xlarge",
            gpus_per_replica=number,
            planned_concurrency=100 * number,
            hourly_usd=1.0,
            vllm_args=(*changed(long, tensor_parallel_size=str(number), max_model_len="8192"), "--max-num-seqs", "64"),
        )
        for number in range(1, 9)
    )
    text = cloud_config(make_options(plan=make_plan(vllm_args=long, others=others)))
    assert len(text.encode()) < USER_DATA_LIMIT_BYTES - 1024


TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] | trim }}{% endfor %}" * 10
)
ASKED = {
    "aws:region": "us-east-1",
    "vllm:model": "meta-llama/Llama-3.1-70B-Instruct",
    "vllm:serving": {
        "maxModelLen": 8192,
        "typicalTokens": 2048,
        "extraArgs": {"chat-template": TEMPLATE, "enable-lora": True, "lora-modules": ["a=org/a", "b=org/b"]},
    },
    "vllm:compute": {"capacity": {"types": "auto"}},
}


def test_what_the_planner_finds_for_a_large_model_fits_and_is_exact() -> None:
    plan = prepare(parse(stack="prod", raw=ASKED))[1]
    assert len({each.gpus_per_replica for each in plan.host_types}) > 1
    text = cloud_config(make_options(plan=plan))
    assert len(text.encode()) < USER_DATA_LIMIT_BYTES - 1024
    rows = yaml.safe_load(files_of(text)[TYPES_FILE])
    for each in plan.host_types:
        assert tuple(arguments_of(rows[each.instance_type], plan.vllm_args)) == each.vllm_args
        assert "args" not in rows[each.instance_type]


def test_an_argument_of_another_type_that_takes_two_lines_is_refused() -> None:
    other = replace(OTHERS[0], vllm_args=(*OWN, "--chat-template", "two\nlines"))
    with pytest.raises(ConfigError, match="extraArgs"):
        cloud_config(make_options(plan=make_plan(others=(other,))))


@pytest.mark.parametrize(
    ("planned", "own", "flags"),
    [
        (("m", "--a", "1"), ("m", "--a", "1"), {}),
        (("m", "--a", "1", "--b"), ("m", "--a", "2", "--b"), {"--a": ("2",)}),
        (("m", "--a", "1", "--b"), ("m", "--b"), {"--a": None}),
        (("m", "--a", "1"), ("m", "--d", "half", "--a", "1"), {"--d": ("half",)}),
        (("m", "--a", "1", "--bare"), ("m", "--a", "1", "--bare", "x"), {"--bare": ("x",)}),
        (("m", "--l", "a", "b"), ("m", "--l", "a", "c", "d"), {"--l": ("a", "c", "d")}),
        (("m", "--r", "1", "--r", "2", "--a", "1"), ("m", "--r", "1", "--r", "2", "--a", "3"), {"--a": ("3",)}),
        (("m", "--r", "1", "--r", "2"), ("m", "--r", "1", "--r", "3"), None),
        (("m", "--r", "1", "--r", "2", "--r", "3"), ("m", "--r", "2", "--r", "1", "--r", "3"), None),
        (("m", "--a", "1"), ("other", "--a", "1"), None),
    ],
)
def test_what_differs_is_told_by_flags(planned: tuple[str, ...], own: tuple[str, ...], flags: object) -> None:
    assert own_flags(planned, own) == flags


tokens = st.lists(st.sampled_from(["--a", "--b", "--c", "1", "2", "-d", "", "--e=1"]), max_size=7)


@given(planned=tokens, own=tokens)
def test_whatever_differs_each_type_gets_its_arguments(planned: list[str], own: list[str]) -> None:
    flags = own_flags(planned, own)
    row = {"args": own} if flags is None else {"flags": flags}
    made = arguments_of(row, planned)
    assert sorted(made) == sorted(own)
    again = made if flags is None else with_flags(made, flags)
    assert again == made


def test_a_type_that_has_all_its_arguments_gets_them(several: Host) -> None:
    other = replace(OTHERS[0], vllm_args=(*OWN, "--lora-modules", "a", "--lora-modules", "b"))
    several.path("types.json").write_text(types_text(make_plan(others=(other,))))
    is_a(several, LARGE)
    assert several.step("instance-type").status == 0
    assert tuple(several.path("run/args").read_text().splitlines()) == other.vllm_args


def test_the_program_says_what_it_lacks_and_leaves_nothing_half(tmp_path: Path) -> None:
    (tmp_path / "types").write_text("{}")
    program = Path(__file__).parents[2] / "userdata/files/host_type.py"
    command = [sys.executable, str(program), str(tmp_path / "types"), "args", "t3.nano", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["types"]
