"""The alarms that the program makes, put into an emulated CloudWatch as the provider puts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.graph.answers import load_answers
from rehearsal.graph.model import Graph, Resource

METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
PREFIX = "vllm-"
_TOPIC = ":sns:"  # scaling policies are not carried out here


def put_alarms(cloudwatch: Any, graph: Graph, *, topic: str) -> Mapping[str, str]:
    """All of them, telling ``topic``; what CloudWatch calls each, by its id."""
    names = {}
    for resource in graph.of_type(METRIC_ALARM):
        name = resource.inputs.get("name") or _auto_name(resource)
        cloudwatch.put_metric_alarm(AlarmName=name, **_metric_alarm(resource.inputs), **_actions(resource, topic))
        names[resource.name.removeprefix(PREFIX)] = name
    composites = {each.inputs["alarmName"]: each for each in graph.of_type(COMPOSITE)}
    for resource in sorted(composites.values(), key=lambda each: "actionsSuppressor" in each.inputs):
        name = resource.inputs["alarmName"]
        cloudwatch.put_composite_alarm(AlarmName=name, **_composite(resource.inputs), **_actions(resource, topic))
        names[resource.name.removeprefix(PREFIX)] = name
    return names


def speaker(cloudwatch: Any, name: str) -> str:
    """The alarm that sends the messages of this one: itself, or the composite made of it."""
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    if alarm["AlarmActions"]:
        return name
    composites = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    (found,) = [each["AlarmName"] for each in composites if f'ALARM("{name}")' in each["AlarmRule"]]
    return str(found)


def _auto_name(resource: Resource) -> str:
    id_, _ = load_answers(region="us-east-1").resource(
        urn=resource.urn, type_=resource.type, name=resource.name, inputs=resource.inputs
    )
    return id_


def _metric_alarm(inputs: Mapping[str, Any]) -> dict[str, Any]:
    measured = _formula(inputs) if "metricQueries" in inputs else _one_metric(inputs)
    given = measured | {
        "ComparisonOperator": inputs["comparisonOperator"],
        "Threshold": inputs["threshold"],
        "EvaluationPeriods": int(inputs["evaluationPeriods"]),
        "TreatMissingData": inputs["treatMissingData"],
        "AlarmDescription": inputs["alarmDescription"],
    }
    return {name: value for name, value in given.items() if value is not None}


def _one_metric(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Namespace": inputs["namespace"],
        "MetricName": inputs["metricName"],
        "Dimensions": _dimensions(inputs["dimensions"]),
        "Statistic": inputs.get("statistic"),
        "ExtendedStatistic": inputs.get("extendedStatistic"),
        "Period": int(inputs["period"]),
    }


def _formula(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"Metrics": [_query(query) for query in inputs["metricQueries"]]}


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    given = {"Id": query["id"], "ReturnData": query.get("returnData", False)}
    if "expression" in query:
        return given | {"Expression": query["expression"], "Label": query["label"]}
    metric = query["metric"]
    return given | {
        "MetricStat": {
            "Metric": {
                "Namespace": metric["namespace"],
                "MetricName": metric["metricName"],
                "Dimensions": _dimensions(metric["dimensions"]),
            },
            "Period": int(metric["period"]),
            "Stat": metric["stat"],
        }
    }


def _dimensions(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in given.items()]


def _composite(inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = {"AlarmRule": inputs["alarmRule"], "AlarmDescription": inputs["alarmDescription"]}
    suppressor = inputs.get("actionsSuppressor")
    if suppressor is None:
        return given
    return given | {
        "ActionsSuppressor": suppressor["alarm"],
        "ActionsSuppressorWaitPeriod": int(suppressor["waitPeriod"]),
        "ActionsSuppressorExtensionPeriod": int(suppressor["extensionPeriod"]),
    }


def _actions(resource: Resource, topic: str) -> dict[str, Any]:
    told = {"AlarmActions": "alarmActions", "OKActions": "okActions"}
    return {action: [topic for arn in resource.inputs.get(key) or () if _TOPIC in arn] for action, key in told.items()}
