"""The configuration of the server in front of vLLM: what the load balancer is on AWS, as an nginx.conf. Pure text."""

from __future__ import annotations

import json

from components.paths import FORWARDED_PATHS, NOT_FOUND
from sizing.plan import Timers

PORT = 8000
"""Where it listens, in its own container."""
CONF_FILE = "/etc/nginx/nginx.conf"

_UNAVAILABLE = json.dumps(
    {
        "error": {
            "message": "vLLM does not answer; it may still be loading the model",
            "type": "server_error",
            "param": None,
            "code": "unavailable",
        }
    }
)


def nginx_conf(*, upstream: str, resolver: str, timers: Timers, port: int = PORT) -> str:
    """``upstream``: host and port of vLLM; ``resolver``: who knows that host. Timeouts are the load balancer's.

    Each path is passed on as it stands here and not as the client wrote it: nginx matches what is left of a path after
    ``..``, and vLLM would take ``/metrics/../v1/models`` for ``/metrics``.
    """
    idle = timers.idle_timeout_s
    return f"""\
worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log /dev/stdout;
    server_tokens off;
    default_type application/json;

    # A server that was replaced has another address: the name is looked up again, because it stands in a variable.
    resolver {resolver} valid=5s ipv6=off;

    # Tokens leave as they come, in both directions, however long the next one takes.
    proxy_buffering off;
    proxy_request_buffering off;
    proxy_http_version 1.1;
    proxy_next_upstream off;
    proxy_connect_timeout 10s;
    proxy_read_timeout {idle}s;
    proxy_send_timeout {idle}s;
    send_timeout {idle}s;
    client_body_timeout {idle}s;
    keepalive_timeout {idle}s;
    client_max_body_size 0;

    proxy_set_header Host $host;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;

    server {{
        listen {port};
        set $vllm {upstream};
        error_page 502 504 =503 @unavailable;

{"".join(_forward(path) for path in FORWARDED_PATHS)}
        location / {{ return 404 '{NOT_FOUND}'; }}
        location @unavailable {{ return 503 '{_UNAVAILABLE}'; }}
    }}
}}
"""


def _forward(path: str) -> str:
    return f"        location = {path} {{ proxy_pass http://$vllm{path}$is_args$args; }}\n"
