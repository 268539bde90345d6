"""The load balancer's rules, and the timers as they stand in the resources and in the user data."""

from __future__ import annotations

from itertools import chain

from tests.program.cases import Case

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
GROUP = "aws:autoscaling/group:Group"
HOOK = "aws:autoscaling/lifecycleHook:LifecycleHook"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
TARGETS = "aws:lb/targetGroup:TargetGroup"
UNGUARDED = {"/metrics", "/invocations", "/scale_elastic_ep", "/health", "/tokenize", "/v1/responses/{id}"}


def forwarded(case: Case) -> list[list[str]]:
    """The paths of each rule; a rule has one condition, which is on the path."""
    rules = []
    for rule in case.graph.of_type(RULE):
        (condition,) = rule.inputs["conditions"]
        assert set(condition) == {"pathPattern"}
        rules.append(condition["pathPattern"]["values"])
    return rules


def seconds(case: Case, variable: str) -> int:
    return int(case.host_environment[variable])


def hook_timeout(case: Case, name: str) -> int:
    (hook,) = (hook for hook in case.graph.of_type(HOOK) if hook.inputs["name"] == name)
    return int(hook.inputs["heartbeatTimeout"])


def vllm_flag(case: Case, flag: str) -> int:
    args = case.plan.vllm_args
    return int(args[args.index(flag) + 1])


def test_what_is_not_listed_is_a_404(case: Case) -> None:
    (action,) = case.only(LISTENER).inputs["defaultActions"]
    assert action["type"] == "fixed-response"
    assert action["fixedResponse"]["statusCode"] == "404"
    assert "targetGroupArn" not in action


def test_rules_forward_exact_v1_paths_at_most_three_each(case: Case) -> None:
    rules = forwarded(case)
    paths = list(chain.from_iterable(rules))
    assert all(1 <= len(values) <= 3 for values in rules)
    assert all(path.startswith("/v1/") and not set(path) & set("*?") for path in paths)
    assert len(set(paths)) == len(paths)
    assert not UNGUARDED & set(paths)
    assert {"/v1/chat/completions", "/v1/completions", "/v1/models"} <= set(paths)


def test_every_rule_leads_to_the_hosts_with_a_priority_of_its_own(case: Case) -> None:
    rules = case.graph.of_type(RULE)
    targets, listener = case.only(TARGETS), case.only(LISTENER)
    assert len({rule.inputs["priority"] for rule in rules}) == len(rules)
    for rule in rules:
        assert [action["type"] for action in rule.inputs["actions"]] == ["forward"]
        assert rule.property_dependencies["actions"] == (targets.urn,)
        assert rule.property_dependencies["listenerArn"] == (listener.urn,)


def test_requests_go_to_the_least_busy_host(case: Case) -> None:
    targets = case.only(TARGETS)
    assert targets.inputs["loadBalancingAlgorithmType"] == "least_outstanding_requests"
    assert targets.inputs["port"] == 8000
    assert case.only(GROUP).property_dependencies["targetGroupArns"] == (targets.urn,)


def test_the_host_outlasts_the_load_balancer_on_an_idle_connection(case: Case) -> None:
    """The other way round the load balancer writes into a connection that vLLM has just closed: a 502."""
    idle = case.only(BALANCER).inputs["idleTimeout"]
    assert seconds(case, "VLLM_HTTP_TIMEOUT_KEEP_ALIVE") > idle
    assert 1 <= idle <= 4000  # what AWS takes


def test_a_drain_fits_into_the_terminating_hook(case: Case) -> None:
    delay = int(case.only(TARGETS).inputs["deregistrationDelay"])
    assert delay == seconds(case, "DEREGISTRATION_DELAY_S")
    assert vllm_flag(case, "--shutdown-timeout") < seconds(case, "STOP_TIMEOUT_S")
    assert hook_timeout(case, "vllm-terminating") > delay + seconds(case, "STOP_TIMEOUT_S")
    assert 0 <= delay <= 3600


def test_a_boot_fits_into_the_launching_hook(case: Case) -> None:
    timeout = hook_timeout(case, "vllm-launching")
    deadline = seconds(case, "BOOT_DEADLINE_S")
    assert timeout > 2 * seconds(case, "LAUNCH_HEARTBEAT_INTERVAL_S")
    assert deadline > case.plan.cold_start.total
    assert deadline > seconds(case, "VLLM_ENGINE_READY_TIMEOUT_S")
    assert 30 <= timeout <= 7200


def test_grace_and_warm_up_count_from_in_service(case: Case) -> None:
    """Registration plus the healthy threshold, never the cold start, which the hook covers."""
    check = case.only(TARGETS).inputs["healthCheck"]
    until_healthy = check["interval"] * check["healthyThreshold"]
    for setting in ("healthCheckGracePeriod", "defaultInstanceWarmup"):
        assert until_healthy < case.only(GROUP).inputs[setting] <= 180
    assert check["timeout"] < check["interval"]
