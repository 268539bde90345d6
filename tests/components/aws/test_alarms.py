from __future__ import annotations

import json
import re

import pytest

from components.aws.alarms import dashboard_link, event_pattern, topic_policy
from components.aws.naming import dashboard_name
from monitoring.alarms import event_rules
from monitoring.scaling import rollback_alarms
from tests.components.aws.recording import named
from tests.program.cases import STACKS, load_case, variant_case

TOPIC = "arn:aws:sns:us-east-1:123456789012:vllm-alarms"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"


def test_alarms_of_this_account_alone_may_publish() -> None:
    policy = topic_policy(topic_arn=TOPIC, account="123456789012")
    (alarms,) = [found for found in policy["Statement"] if found["Sid"] == "Alarms"]
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}


def test_events_may_publish_without_a_condition_since_they_bring_nothing_to_check() -> None:
    policy = topic_policy(topic_arn=TOPIC, account="123456789012")
    (events,) = [found for found in policy["Statement"] if found["Sid"] == "Events"]
    assert "Condition" not in events
    assert events["Resource"] == TOPIC
    assert events["Action"] == "sns:Publish"


def test_events_of_other_groups_are_none_of_our_business() -> None:
    for rule in event_rules(stack="dev"):
        pattern = event_pattern(rule, group="vllm-1")
        assert pattern["detail"]["AutoScalingGroupName"] == ["vllm-1"]
        assert pattern["detail-type"] == [rule.detail_type]


def test_messages_are_json_texts_that_use_what_they_extract() -> None:
    targets = named(load_case("dev").graph, "aws:cloudwatch/eventTarget:EventTarget")
    assert len(targets) == 2
    for target in targets.values():
        transformer = target.inputs["inputTransformer"]
        text = json.loads(transformer["inputTemplate"])
        assert all(f"<{name}>" in text for name in transformer["inputPaths"])


def test_each_alarm_is_told_by_itself_or_by_a_composite_when_it_starts_and_when_it_ends() -> None:
    graph = load_case("prod").graph
    named_in_rules = " ".join(composite.inputs["alarmRule"] for composite in graph.of_type(COMPOSITE))
    for alarm in (*graph.of_type(ALARM), *graph.of_type(COMPOSITE)):
        assert alarm.inputs.get("alarmActions") == alarm.inputs.get("okActions"), alarm.name
        name = alarm.inputs.get("name") or rf"{alarm.name}-[0-9a-f]+"
        is_part = re.search(rf'ALARM\("{name}"\)', named_in_rules) is not None
        assert is_part == ("alarmActions" not in alarm.inputs), alarm.name


def test_an_outage_holds_back_its_consequences() -> None:
    composites = named(load_case("dev").graph, COMPOSITE)
    down = composites.pop("vllm-service-down").inputs
    assert "actionsSuppressor" not in down
    wanted = r'ALARM\("vllm-dev-no-healthy-host"\) OR ALARM\("vllm-all-stalled-\w+"\)'
    assert re.fullmatch(wanted, down["alarmRule"])
    assert "vllm-missing-replicas-told" in composites
    for composite in composites.values():
        suppressor = composite.inputs["actionsSuppressor"]
        assert suppressor["alarm"] == down["alarmName"] == "vllm-dev-service-down"
        assert suppressor["waitPeriod"] == suppressor["extensionPeriod"] == 180


def test_composites_of_two_stacks_never_share_a_name() -> None:
    names = [{item.inputs["alarmName"] for item in load_case(name).graph.of_type(COMPOSITE)} for name in STACKS]
    assert not set.intersection(*names)


def test_the_certificate_is_watched_where_there_is_one() -> None:
    alarms = named(load_case("prod").graph, ALARM)
    watched = alarms["vllm-certificate-expiry"].inputs
    assert watched["dimensions"] == {"CertificateArn": load_case("prod").config.endpoint.certificate_arn}
    assert "vllm-certificate-expiry" not in named(load_case("dev").graph, ALARM)


def test_the_dashboard_shows_each_condition_once() -> None:
    graph = load_case("dev").graph
    body = json.loads(graph.of_type("aws:cloudwatch/dashboard:Dashboard")[0].inputs["dashboardBody"])
    shown = body["widgets"][0]["properties"]["alarms"]
    assert len(shown) == len(set(shown)) == len(graph.of_type(ALARM)) + 1
    assert not [arn for arn in shown if arn.endswith("-told")]


def test_percentiles_are_extended_statistics() -> None:
    alarms = named(load_case("dev").graph, ALARM)
    assert alarms["vllm-slow-responses"].inputs["extendedStatistic"] == "p95"
    assert "statistic" not in alarms["vllm-slow-responses"].inputs
    assert alarms["vllm-server-errors"].inputs["statistic"] == "Sum"


def test_hosts_know_the_alarm_that_they_set() -> None:
    case = load_case("dev")
    alarms = named(case.graph, ALARM)
    assert alarms["vllm-boot-loop"].inputs["name"] == case.host_environment["BOOT_LOOP_ALARM"]
    assert alarms["vllm-boot-loop"].inputs["dimensions"] == {"Stack": "dev"}


def test_a_refresh_knows_the_alarms_that_call_it_back_before_they_exist() -> None:
    alarms = named(load_case("dev").graph, ALARM)
    known = {alarm.inputs["name"] for alarm in alarms.values() if "name" in alarm.inputs}
    (group,) = load_case("dev").graph.of_type("aws:autoscaling/group:Group")
    listened = group.inputs["instanceRefresh"]["preferences"]["alarmSpecification"]["alarms"]
    assert set(listened) == known - {alarms["vllm-boot-loop"].inputs["name"]}
    assert set(listened) == set(rollback_alarms("dev", launch_first=True))


def test_no_capacity_names_what_was_tried_and_where() -> None:
    case = variant_case(name="tried", changes={"vllm:compute": {"capacity": {"types": ["g5.2xlarge"]}}})
    text = named(case.graph, ALARM)["vllm-no-capacity"].inputs["alarmDescription"]
    assert f"Tried: {case.plan.instance_type}, g5.2xlarge in us-east-1" in text
    assert text.index("Tried:") < text.index("First:")
    assert text.endswith("docs/runbook.md#no-capacity")


def test_an_alarm_of_metric_math_judges_the_result_alone() -> None:
    inputs = named(load_case("dev").graph, ALARM)["vllm-no-capacity"].inputs
    assert not {"metricName", "period", "statistic", "dimensions"} & set(inputs)
    result, *terms = inputs["metricQueries"]
    assert (result["expression"], result["returnData"]) == ("desired - total", True)
    assert [(term["id"], term["metric"]["metricName"]) for term in terms] == [
        ("desired", "GroupDesiredCapacity"),
        ("total", "GroupTotalInstances"),
    ]
    assert all(set(term["metric"]["dimensions"]) == {"AutoScalingGroupName"} for term in terms)
    assert not [term for term in terms if term.get("returnData")]


@pytest.mark.parametrize("name", ["dev", "to-zero", "schedules"])
def test_the_group_publishes_what_alarms_ask_it_for(name: str) -> None:
    graph = load_case(name).graph
    (group,) = graph.of_type("aws:autoscaling/group:Group")
    queries = [query for alarm in graph.of_type(ALARM) for query in alarm.inputs.get("metricQueries") or ()]
    asked = {query["metric"]["metricName"] for query in queries if "metric" in query}
    assert {metric for metric in asked if metric.startswith("Group")} <= set(group.inputs["enabledMetrics"])


def test_a_group_that_may_be_empty_is_watched_as_such() -> None:
    plain = named(load_case("dev").graph, ALARM)
    moved = named(variant_case(name="empties", changes={"vllm:scaling": {"min": 0}}).graph, ALARM)
    assert set(plain) <= set(moved)
    differ = {
        name for name in plain if ("metricQueries" in moved[name].inputs) != ("metricQueries" in plain[name].inputs)
    }
    assert differ == {"vllm-no-healthy-host", "vllm-missing-replicas", "vllm-metrics-missing", "vllm-gateway-errors"}


def test_configured_thresholds_and_addresses_reach_aws() -> None:
    monitoring = {"thresholds": {"slow-responses": 42.5}, "notify": ["ml-oncall@example.com"]}
    graph = variant_case(name="told", changes={"vllm:monitoring": monitoring}).graph
    assert named(graph, ALARM)["vllm-slow-responses"].inputs["threshold"] == 42.5
    (subscription,) = graph.of_type("aws:sns/topicSubscription:TopicSubscription")
    assert subscription.inputs["endpoint"] == "ml-oncall@example.com"
    assert subscription.inputs["protocol"] == "email"


def test_dashboards_of_two_stacks_or_regions_never_share_a_name() -> None:
    names = {
        dashboard_name(stack=stack, region=region) for stack in ("a", "b") for region in ("eu-west-1", "eu-west-2")
    }
    assert len(names) == 4


def test_a_dashboard_name_has_no_dot_and_the_link_leads_to_it() -> None:
    name = dashboard_name(stack="team.dev", region="eu-west-1")
    assert name == "vllm-team-dev-eu-west-1"
    assert dashboard_link(name=name, region="eu-west-1").endswith(f"region=eu-west-1#dashboards/dashboard/{name}")
