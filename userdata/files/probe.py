"""Asks the vLLM of this host for one token: ``probe.py PORT MODEL CONFIG_FILE``.

The key comes from vLLM's own config file. Exit status 1 with the reason on standard error when no token comes back.
A plain completion, because a model without a chat template serves no chat.
"""

import http.client
import json
import sys
from pathlib import Path


def first_key(config: str) -> str:
    """The first key of the file that write_keys.py wrote."""
    return str(json.loads(config.splitlines()[1].removeprefix("- ")))


def post(*, port: int, model: str, key: str) -> tuple[int, bytes]:
    """Status and body of a one-token completion."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"model": model, "prompt": "Hello", "max_tokens": 1})
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", "/v1/completions", body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def tokens_in(body: bytes) -> int:
    """How many tokens the answer says it has; 0 for anything that is not an answer."""
    try:
        return int(json.loads(body)["usage"]["completion_tokens"])
    except (ValueError, TypeError, KeyError):
        return 0


def main() -> int:
    port, model, config_file = sys.argv[1:]
    key = first_key(Path(config_file).read_text(encoding="utf-8"))
    try:
        status, body = post(port=int(port), model=model, key=key)
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    if status != http.HTTPStatus.OK or tokens_in(body) != 1:
        sys.stderr.write(f"HTTP {status}: {body[:300].decode(errors='replace')}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
