"""The load balancer's rules, and the timers as they stand in the resources and in the user data."""

from __future__ import annotations

from itertools import chain

from rehearsal.graph.model import Resource
from tests.program.cases import Case, load_case

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


def listener_on(case: Case, port: int) -> Resource:
    (listener,) = (item for item in case.graph.of_type(LISTENER) if item.inputs["port"] == port)
    return listener


def serving(case: Case) -> Resource:
    """The listener that requests are served on."""
    return listener_on(case, 443 if case.config.endpoint.is_https else 80)


def test_there_is_a_listener_to_serve_and_beside_https_one_to_redirect(case: Case) -> None:
    ports = {item.inputs["port"]: item.inputs["protocol"] for item in case.graph.of_type(LISTENER)}
    assert ports == ({80: "HTTP", 443: "HTTPS"} if case.config.endpoint.is_https else {80: "HTTP"})


def test_https_shows_the_given_certificate_and_speaks_tls_1_2_or_newer(case: Case) -> None:
    if not case.config.endpoint.is_https:
        return
    listener = listener_on(case, 443)
    assert listener.inputs["certificateArn"] == case.certificate_arn
    assert listener.inputs["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"


def test_http_beside_https_only_redirects_to_it(case: Case) -> None:
    if not case.config.endpoint.is_https:
        return
    (action,) = listener_on(case, 80).inputs["defaultActions"]
    assert action == {
        "type": "redirect",
        "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"},
    }


def test_http_redirects_only_when_there_is_somewhere_to_go(case: Case) -> None:
    """Where a certificate comes to a running stack, clients of port 80 are served until the rules on 443 stand."""
    if case.config.endpoint.is_https:
        rules = {rule.urn for rule in case.graph.of_type(RULE)}
        assert rules <= set(listener_on(case, 80).dependencies)


def test_a_certificate_that_comes_or_goes_leaves_the_listener_on_port_80_where_it_is() -> None:
    without, with_one = load_case("dev"), load_case("https-internal")
    assert listener_on(without, 80).urn == listener_on(with_one, 80).urn


def test_prod_and_a_public_endpoint_speak_https() -> None:
    for name in ("prod", "public", "existing-public"):
        assert serving(load_case(name)).inputs["protocol"] == "HTTPS"


def test_what_is_not_listed_is_a_404(case: Case) -> None:
    (action,) = serving(case).inputs["defaultActions"]
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
    targets, listener = case.only(TARGETS), serving(case)
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
    container = dict(line.split("=", 1) for line in case.host_files["/etc/vllm/container.env"].splitlines())
    assert int(container["VLLM_HTTP_TIMEOUT_KEEP_ALIVE"]) > idle
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
