"""The names in a configuration -> records: model, instance type, GPU. Each returns the record or a Problem."""

from __future__ import annotations

import difflib
from pathlib import Path

from config.errors import Problem
from config.models import StackConfig
from sizing.capability import IMAGE_FLOOR
from sizing.catalog import Catalog, Instance
from sizing.hf_config import ConfigFileError, read_config
from sizing.model_spec import ModelSpec


def resolve_model(config: StackConfig, catalog: Catalog, *, root: Path) -> ModelSpec | Problem:
    """From ``model.configFile`` where given, else from the catalogue."""
    model = config.model
    if model.config_file is not None:
        try:
            return read_config(root / model.config_file, model_id=model.id)
        except ConfigFileError as error:
            return Problem(
                path="vllm:model.configFile",
                given=model.config_file,
                allowed="the config.json of the model, as on its HuggingFace page",
                example="models/my-model.json",
                message=f"the model's shape cannot be read from it: {error}",
            )
    return catalog.model(model.id) or unknown_model(model.id, catalog)


def unknown_model(model_id: str, catalog: Catalog) -> Problem:
    known = [model.id for model in catalog.models]
    close = difflib.get_close_matches(model_id, known, n=3, cutoff=0.5)
    reason = dict(catalog.incomplete_models).get(model_id)
    why = f"its shape is not complete in the catalogue: {reason}" if reason else "it is not in the catalogue"
    return Problem(
        path="vllm:model.id",
        given=model_id,
        allowed=f"one of the {len(known)} models of sizing/data/models.json, or any other with model.configFile",
        example=close[0] if close else "meta-llama/Llama-3.1-8B-Instruct",
        message=f"{why}; save the model's config.json in the repository and name it in vllm:model.configFile"
        + (f" (close names: {', '.join(close)})" if close else ""),
    )


def _refuse_type(instance_type: str, *, message: str, allowed: str, example: str = "g6.2xlarge") -> Problem:
    return Problem(
        path="vllm:compute.instanceType", given=instance_type, allowed=allowed, example=example, message=message
    )


def resolve_instance(instance_type: str, catalog: Catalog) -> Instance | Problem:
    """A type that the pinned image runs on; the Problem says which of the reasons it is otherwise."""
    found = catalog.instance(instance_type)
    allowed = "auto, or a type of the families g4dn, g5, g6, gr6, g6e, g7, g7e, p4d, p4de, p5, p5e, p5en, p6"
    if found is None:
        return _unknown_type(instance_type, catalog, allowed=allowed)
    if found.gpu is None:
        return _refuse_type(
            instance_type,
            allowed=allowed,
            message="it has a fraction of a GPU, which needs a driver that the machine image lacks",
        )
    if found.gpu.compute_capability < IMAGE_FLOOR:
        return _refuse_type(
            instance_type,
            allowed=allowed,
            message=f"its {found.gpu.name} has compute capability {found.gpu.compute_capability}; vLLM's image "
            f"has kernels for {IMAGE_FLOOR} and newer",
        )
    return found


def _unknown_type(instance_type: str, catalog: Catalog, *, allowed: str) -> Problem:
    family = instance_type.partition(".")[0]
    sizes = [i.instance_type for i in catalog.instances if i.instance_type.partition(".")[0] == family]
    if sizes:
        return _refuse_type(
            instance_type,
            allowed=", ".join(sizes),
            example=next((size for size in sizes if size.endswith(".2xlarge")), sizes[0]),
            message=f"the family {family} has no such size",
        )
    if family.startswith(("g5g", "p6e")):
        why = "it has an ARM processor; the image and the catalogue are x86_64"
    elif family.startswith(("inf", "trn", "dl", "vt", "f1", "f2", "g4ad")):
        why = "it has no NVIDIA GPU, which vLLM's CUDA image needs"
    elif family.startswith(("g", "p")):
        why = "this type is not known"
    else:
        why = "it has no GPU"
    return _refuse_type(instance_type, allowed=allowed, message=why)


def resolve_gpu_name(name: str, catalog: Catalog) -> str | Problem:
    """The catalogue's name of a GPU that some instance type has, however it is spelled."""
    offered = {i.gpu.name for i in catalog.instances if i.gpu and i.gpu.compute_capability >= IMAGE_FLOOR}
    wanted = _letters(name)
    for gpu in sorted(offered):
        if _letters(gpu) == wanted:
            return gpu
    return Problem(
        path="vllm:compute.gpu",
        given=name,
        allowed=", ".join(sorted(offered)),
        example="L4",
        message="no known EC2 type with this GPU runs the pinned vLLM",
    )


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum()).removeprefix("nvidia")
