"""The committed data: complete, dated, and read into frozen records."""

from __future__ import annotations

import dataclasses
import json

import pytest

from sizing.catalog import DATA, Catalog, load_catalog


def test_every_gpu_instance_type_is_there(catalog: Catalog) -> None:
    assert len(catalog.instances) == 62
    assert len({instance.instance_type for instance in catalog.instances}) == 62


def test_only_fractional_types_have_no_whole_gpu(catalog: Catalog) -> None:
    fractional = {i.instance_type.partition(".")[0] for i in catalog.instances if i.gpu is None}
    assert fractional == {"g6f", "gr6f"}


def test_a_type_with_a_fraction_of_a_gpu_has_no_whole_one(catalog: Catalog) -> None:
    instance = catalog.instance("g6f.xlarge")
    assert instance is not None
    with pytest.raises(ValueError, match="no whole GPU"):
        _ = instance.whole_gpu


@pytest.mark.parametrize(
    ("instance_type", "gpu", "visible_gib"),
    [("g6.2xlarge", "L4", 22.03), ("p4d.24xlarge", "A100", 39.38), ("p4de.24xlarge", "A100", 79.25)],
)
def test_instances_have_the_gpu_of_their_memory(
    catalog: Catalog, instance_type: str, gpu: str, visible_gib: float
) -> None:
    instance = catalog.instance(instance_type)
    assert instance is not None
    assert (instance.whole_gpu.name, instance.whole_gpu.visible_gib) == (gpu, visible_gib)


def test_torch_never_sees_more_than_the_label_says(catalog: Catalog) -> None:
    assert all(0.9 * gpu.nominal_gib < gpu.visible_gib <= gpu.nominal_gib for gpu in catalog.gpus)


@pytest.mark.parametrize("name", ["instances.json", "models.json", "gpus.json", "prices.json"])
def test_data_files_say_where_they_are_from_and_when(name: str) -> None:
    document = json.loads((DATA / name).read_text())
    assert document["source"]
    assert document.get("date") or (document["specs_date"] and document["prices_date"])


def test_every_model_names_its_source(catalog: Catalog) -> None:
    assert all(model.source for model in catalog.models)
    assert len(catalog.models) + len(catalog.incomplete_models) == 157


def test_records_cannot_be_changed(catalog: Catalog) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.instances[0].hourly_usd = 0.0  # type: ignore[misc]


def test_the_catalogue_is_read_once() -> None:
    assert load_catalog() is load_catalog()
