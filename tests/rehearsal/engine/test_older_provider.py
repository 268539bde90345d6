"""What the rehearsal's older provider refuses is adjusted for it alone, and said once."""

from __future__ import annotations

from tests.components.aws.recording import named, record

PROGRAM = """
    import pulumi_aws as aws

    from rehearsal.engine.older_provider import adjust

    adjust()
    for name, mibps in (("slow", 1000), ("fast", 1200), ("faster", 1200)):
        aws.ebs.Volume(name, availability_zone="us-east-1a", size=10, type="gp3", throughput=mibps)
    aws.ebs.Volume("unset", availability_zone="us-east-1a", size=10)
"""


def test_volumes_get_what_the_provider_takes_and_one_warning_says_so() -> None:
    graph = record(PROGRAM)
    volumes = named(graph, "aws:ebs/volume:Volume")
    assert {name: volume.inputs.get("throughput") for name, volume in volumes.items()} == {
        "slow": 1000,
        "fast": 1000,
        "faster": 1000,
        "unset": None,
    }
    assert [message.severity for message in graph.messages] == ["warning"]
    assert "1000 here where AWS gets 1200" in graph.messages[0].text


def test_nothing_else_of_a_volume_changes() -> None:
    volume = named(record(PROGRAM), "aws:ebs/volume:Volume")["fast"]
    assert {key: value for key, value in volume.inputs.items() if key != "throughput"} == {
        "availabilityZone": "us-east-1a",
        "size": 10,
        "type": "gp3",
    }
