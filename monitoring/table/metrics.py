"""The metrics that alarms and dashboards are about.

AWS's own: "CloudWatch metrics for your Application Load Balancer", "Amazon CloudWatch metrics for Amazon EC2 Auto
Scaling", "Supported CloudWatch metrics" of AWS Certificate Manager (AWS documentation). Those of the namespace ``vLLM``
come from the hosts (``monitoring/published.py``); BootLoop from a host that gives up its boot.
"""

from __future__ import annotations

from monitoring.conditions import NAMESPACE, Metric, Scope
from monitoring.published import published


def _balancer(name: str, statistic: str, unit: str, *, scope: Scope = "target_group") -> Metric:
    return Metric(namespace="AWS/ApplicationELB", name=name, statistic=statistic, scope=scope, unit=unit)


def _group(name: str, statistic: str) -> Metric:
    return Metric(namespace="AWS/AutoScaling", name=name, statistic=statistic, scope="group", unit="hosts")


def _host(name: str, statistic: str, unit: str) -> Metric:
    return Metric(
        namespace=NAMESPACE, name=name, statistic=statistic, scope="stack", unit=unit, published=published(name)
    )


HEALTHY_HOSTS = _balancer("HealthyHostCount", "Maximum", "hosts")
UNHEALTHY_HOSTS = _balancer("UnHealthyHostCount", "Maximum", "hosts")
TARGET_5XX = _balancer("HTTPCode_Target_5XX_Count", "Sum", "responses")
ELB_5XX = _balancer("HTTPCode_ELB_5XX_Count", "Sum", "responses", scope="load_balancer")
RESPONSE_TIME = _balancer("TargetResponseTime", "p95", "seconds")
REQUESTS = _balancer("RequestCount", "Sum", "requests")
REFUSED = _balancer("HTTPCode_ELB_503_Count", "Sum", "responses", scope="load_balancer")
IN_SERVICE = _group("GroupInServiceInstances", "Minimum")
PENDING = _group("GroupPendingInstances", "Maximum")
LEAST = _group("GroupMinSize", "Maximum")
DESIRED = _group("GroupDesiredCapacity", "Maximum")
TOTAL = _group("GroupTotalInstances", "Maximum")
CERTIFICATE_DAYS = Metric(
    namespace="AWS/CertificateManager", name="DaysToExpiry", statistic="Minimum", scope="certificate", unit="days"
)

BOOT_LOOP = _host("BootLoop", "Maximum", "1: launches are stopped")
BOOT_TIME = _host("BootSeconds", "Maximum", "seconds")
REQUESTS_CUT = _host("RequestsCut", "Sum", "requests")
SPOT_INTERRUPTIONS = _host("SpotInterruptions", "Sum", "hosts")
STALLED_HOSTS = _host("StalledHosts", "Sum", "hosts")

HOST_LOAD = _host("Load", "Average", "of what a host is planned for")
KV_CACHE = _host("KvCacheUsed", "Average", "of 1")
RUNNING = _host("RequestsRunning", "Minimum", "requests on the least busy host")
WAITING = _host("RequestsWaiting", "Maximum", "requests on one host")
CACHE_FULL = _host("CacheFullWhileWaiting", "Maximum", "1: full while requests wait")
PREEMPTIONS = _host("Preemptions", "Sum", "preemptions")
FIRST_TOKEN = _host("TimeToFirstToken", "p95", "seconds")
INTER_TOKEN = _host("InterTokenLatency", "p95", "seconds")
REJECTIONS = _host("Rejections", "Sum", "requests")
ERROR_FINISHES = _host("FinishedWithError", "Sum", "requests")
STALLED_SOMEWHERE = _host("StalledSeconds", "Maximum", "seconds on the worst host")
STALLED_EVERYWHERE = _host("StalledSeconds", "Minimum", "seconds on the best host")
VLLM_UP = _host("VllmUp", "Minimum", "0: a host's vLLM does not answer")
RESTARTS = _host("Restarts", "Sum", "restarts")
GPU_XID = _host("GpuXid", "Sum", "errors")
GPU_TEMPERATURE = _host("GpuTemperature", "Maximum", "degrees Celsius")
GPU_MEMORY = _host("GpuMemoryUsed", "Maximum", "of 1")
CACHE_DISK = _host("CacheDiskUsed", "Maximum", "of 1")
ROOT_DISK = _host("RootDiskUsed", "Maximum", "of 1")
HOST_MEMORY = _host("MemoryUsed", "Maximum", "of 1")
REPORTING_HOSTS = _host("Restarts", "SampleCount", "hosts that report")
