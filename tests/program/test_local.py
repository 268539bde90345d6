"""What the program makes for ``target: local``, with the hardware of a machine that is made up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.local.front import IMAGE as NGINX
from sizing.plan_view import plan_dict
from tests.program.cases import ROOT
from tests.program.local_cases import (
    CONTAINER,
    FOUR_A100,
    NETWORK,
    NO_GPU,
    UID,
    VOLUME,
    LocalCase,
    local_case,
)
from userdata.render import FILES

URNS = Path(__file__).parent / "urns" / "local.txt"
REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage"


@pytest.fixture(scope="module")
def case() -> LocalCase:
    return local_case()


def by_path(container: Any) -> dict[str, Mapping[str, Any]]:
    return {mount["containerPath"]: mount for mount in container.inputs["volumes"]}


def environment(case: LocalCase) -> dict[str, str]:
    return dict(entry.split("=", 1) for entry in case.server.inputs["envs"])


def test_the_server_gets_the_arguments_of_the_plan_and_its_key_file(case: LocalCase) -> None:
    assert case.server.inputs["command"] == [*case.plan.vllm_args, "--config", "/run/secrets/vllm/config.yaml"]
    assert case.server.inputs["gpus"] == "all"
    assert case.server.inputs["shmSize"] == 16384


def test_chosen_devices_are_the_only_ones_that_it_gets() -> None:
    chosen = local_case(hardware=FOUR_A100, compute={"devices": [1, 3]})
    assert chosen.server.inputs["gpus"] == "device=1,3"


def test_without_a_gpu_it_gets_none_and_the_room_for_its_cache() -> None:
    on_cpu = local_case(hardware=NO_GPU)
    assert "gpus" not in on_cpu.server.inputs
    assert int(environment(on_cpu)["VLLM_CPU_KVCACHE_SPACE"]) >= 1


def test_the_images_stay_when_the_stack_goes_and_are_named_exactly(case: LocalCase) -> None:
    images = case.graph.of_type(REMOTE_IMAGE)
    assert {image.inputs["name"] for image in images} == {case.plan.image, NGINX}
    assert all(image.inputs["keepLocally"] is True for image in images)


def test_containers_are_made_from_the_ids_of_images(case: LocalCase) -> None:
    """A tag of the same name may be another image by now; and the provider compares with what the engine says."""
    for container in (case.server, case.front):
        assert container.inputs["image"].startswith("sha256:")
        (image,) = container.property_dependencies["image"]
        assert REMOTE_IMAGE in image


def test_what_the_provider_reads_back_is_said_as_it_says_it(case: LocalCase) -> None:
    for container in (case.server, case.front):
        assert container.inputs["networkMode"] == "bridge"
        assert container.inputs["logDriver"] == "json-file"
        assert set(container.inputs["logOpts"]) == {"max-size", "max-file"}
    (port,) = case.front.inputs["ports"]
    assert {"ip", "protocol", "internal", "external"} == set(port)


def test_only_the_front_has_a_port_and_only_on_the_loopback_address() -> None:
    case = local_case(endpoint={"port": 8123})
    assert "ports" not in case.server.inputs
    assert case.front.inputs["ports"] == [{"ip": "127.0.0.1", "external": 8123, "internal": 8000, "protocol": "tcp"}]
    assert case.graph.stack.outputs["endpoint"] == "http://localhost:8123/v1"


def test_they_find_each_other_on_a_network_of_their_own(case: LocalCase) -> None:
    (network,) = case.graph.of_type(NETWORK)
    for container in (case.server, case.front):
        (joined,) = container.inputs["networksAdvanced"]
        assert joined["name"] == network.inputs["name"] == case.names.network
        assert container.property_dependencies["networksAdvanced"] == (network.urn,)
    assert case.server.inputs["networksAdvanced"][0]["aliases"] == ["vllm"]
    (conf,) = case.front.inputs["uploads"]
    assert (conf["file"], "set $vllm vllm:8000;" in conf["content"]) == ("/etc/nginx/nginx.conf", True)


def test_the_front_starts_after_the_server_and_is_not_replaced_with_it(case: LocalCase) -> None:
    """Pulumi replaces what takes a property of a replaced resource; what only comes after it stays."""
    component = next(item for item in case.graph if item.type == "vllm:components:LocalServer")
    assert {case.server.urn, component.urn} & set(case.front.dependencies)
    taken = {urn for urns in case.front.property_dependencies.values() for urn in urns}
    assert not {case.server.urn, component.urn} & taken


def test_a_replacement_waits_for_the_requests_that_run(case: LocalCase) -> None:
    stop_s = case.plan.timers.stop_timeout_s
    assert case.server.inputs["stopTimeout"] == case.server.inputs["destroyGraceSeconds"] == stop_s
    assert case.server.delete_before_replace
    assert case.front.delete_before_replace


def test_ready_means_a_completion(case: LocalCase) -> None:
    check = case.server.inputs["healthcheck"]
    config = "/run/secrets/vllm/config.yaml"
    probe = (FILES / "probe.py").read_text()
    assert check["tests"] == ["CMD", "python3", "-c", probe, "8000", case.plan.served_name, config]
    assert case.server.inputs["wait"] is True
    assert case.server.inputs["waitTimeout"] >= 2 * case.plan.cold_start.total


def test_caches_are_volumes_that_outlive_the_stack(case: LocalCase) -> None:
    volumes = {volume.inputs["name"]: volume for volume in case.graph.of_type(VOLUME)}
    assert set(volumes) == {"vllm-local-huggingface", "vllm-local-compile"}
    assert all(volume.retain_on_delete for volume in volumes.values())
    mounts = by_path(case.server)
    assert mounts["/cache/huggingface"]["volumeName"] == "vllm-local-huggingface"
    assert mounts["/cache/vllm"]["volumeName"] == "vllm-local-compile"
    assert environment(case)["HF_HOME"] == "/cache/huggingface"
    assert environment(case)["VLLM_CACHE_ROOT"] == "/cache/vllm"


def test_the_server_has_no_rights(case: LocalCase) -> None:
    inputs = case.server.inputs
    assert inputs["user"] == f"{UID}:0"
    assert inputs["readOnly"] is True
    assert inputs["capabilities"] == {"adds": [], "drops": ["ALL"]}
    assert inputs["securityOpts"] == ["no-new-privileges"]
    assert set(inputs["tmpfs"]) == {"/tmp"}
    assert "exec" in inputs["tmpfs"]["/tmp"].split(",")  # what PyTorch compiles is loaded from there


def test_its_volumes_are_given_to_its_user_before_it_starts(case: LocalCase) -> None:
    owner = case.container(case.names.owner)
    assert {mount["volumeName"] for mount in owner.inputs["volumes"]} == {
        "vllm-local-huggingface",
        "vllm-local-compile",
    }
    assert owner.inputs["command"] == ["/cache/huggingface", "/cache/vllm"]
    assert owner.inputs["envs"] == [f"OWNER={UID}:0"]
    assert (owner.inputs["restart"], owner.inputs["mustRun"], owner.inputs["networkMode"]) == ("no", False, "none")
    assert owner.urn in case.server.dependencies or owner.parent in case.server.dependencies
    with_folder = local_case(cache={"path": "~/.cache/huggingface"})
    assert with_folder.container(with_folder.names.owner).inputs["command"] == ["/cache/vllm"]


def test_an_image_that_needs_root_gets_it_with_rights_over_files_alone() -> None:
    case = local_case(image={"runAsRoot": True})
    assert case.server.inputs["user"] == "0:0"
    rights = {"adds": ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"], "drops": ["ALL"]}
    assert case.server.inputs["capabilities"] == rights
    assert case.names.owner not in {item.inputs["name"] for item in case.graph.of_type(CONTAINER)}


def test_unprotected_caches_go_with_the_stack() -> None:
    case = local_case(cache={"protect": False})
    assert not any(volume.retain_on_delete for volume in case.graph.of_type(VOLUME))


def test_a_cache_that_is_there_takes_the_place_of_the_volume() -> None:
    case = local_case(cache={"path": "~/.cache/huggingface"})
    (volume,) = case.graph.of_type(VOLUME)
    assert volume.inputs["name"] == "vllm-local-compile"
    folder = str(case.home / ".cache/huggingface")
    assert by_path(case.server)["/cache/huggingface"]["hostPath"] == folder
    assert case.graph.stack.outputs["huggingface_cache"] == folder


def test_secrets_are_files_that_the_container_only_reads_and_nothing_else_holds(case: LocalCase) -> None:
    mount = by_path(case.server)["/run/secrets/vllm"]
    assert mount == {"containerPath": "/run/secrets/vllm", "hostPath": str(case.secrets), "readOnly": True}
    assert environment(case)["HF_TOKEN_PATH"] == "/run/secrets/vllm/hf_token"
    everything = json.dumps([resource.as_dict() for resource in case.graph])
    assert "sk-1" not in everything
    assert "hf_1" not in everything


def test_an_image_of_ones_own_is_built_here_and_run_by_its_id() -> None:
    case = local_case(image={"build": {"packages": ["librosa==0.11.0"]}})
    (image,) = case.graph.of_type("docker:index/image:Image")
    assert image.inputs["skipPush"] is True
    assert image.inputs["build"]["args"]["BASE"] == case.plan.image
    assert case.server.property_dependencies["image"] == (image.urn,)
    assert case.server.inputs["image"].startswith("sha256:")


def test_the_outputs_are_those_of_every_stack(case: LocalCase) -> None:
    outputs = case.graph.stack.outputs
    assert {name: outputs[name] for name in ("model", "server_container", "front_container", "huggingface_cache")} == {
        "model": case.plan.served_name,
        "server_container": "vllm-local",
        "front_container": "vllm-local-front",
        "huggingface_cache": "vllm-local-huggingface",
    }
    assert outputs["plan"] == json.loads(json.dumps(plan_dict(case.plan)))
    for name in ("dashboard_url", "alarm_topic_arn", "log_group", "autoscaling_group", "load_balancer_dns"):
        assert outputs.get(name) is None


def test_everything_is_named_and_labelled_for_the_stack() -> None:
    case = local_case(stack="my-box")
    kinds = (*case.graph.of_type(VOLUME), *case.graph.of_type(NETWORK), case.server, case.front)
    for resource in kinds:
        assert resource.inputs["name"].startswith("vllm-my-box")
        labels = {label["label"]: label["value"] for label in resource.inputs["labels"]}
        assert labels == {"Project": "vllm", "Stack": "my-box", "ManagedBy": "pulumi"}


def test_urns_are_the_committed_ones(case: LocalCase) -> None:
    """One that is gone would be replaced; UPDATE_GOLDEN=1 writes the file anew."""
    current = "".join(f"{resource.urn}\n" for resource in case.graph)
    if os.environ.get("UPDATE_GOLDEN"):
        URNS.write_text(current, encoding="utf-8")
    assert current == URNS.read_text(encoding="utf-8")


def test_nothing_of_aws_is_loaded() -> None:
    program = (
        "import sys; from pathlib import Path; from tests.program.local_cases import *;"
        "local_case();"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('pulumi_aws', 'boto3', 'botocore', 'moto') or name.startswith('components.aws')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_of_docker_is_loaded_for_aws() -> None:
    program = (
        "import sys; from pathlib import Path; from rehearsal.graph.record import record_graph;"
        "record_graph(stack='dev', root=Path());"
        "print([name for name in sys.modules if name.startswith('components.local')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
