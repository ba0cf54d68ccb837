"""A container's health check: exit 0 when the page answers 200, or when one part of it is well.

    python deploy/healthcheck.py http://127.0.0.1:8000/health/ready
    python deploy/healthcheck.py http://web:8000/health/status worker

The second form asks for the heartbeat of one loop, so that a sick neighbour restarts nobody else.
"""

import http.client
import json
import os
import sys
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 4


def main(url: str, part: str | None = None) -> int:
    """Ask the page; return the exit status."""
    try:
        status, body = fetch(url)
    except (OSError, http.client.HTTPException) as error:
        print(f"{url}: {error}")
        return 1
    if part is None:
        return 0 if status == 200 else 1
    found = json.loads(body).get("parts", {}).get(part, {})
    print(f"{part}: {found.get('note', 'unknown')}")
    return 0 if found.get("ok") else 1


def fetch(url: str) -> tuple[int, bytes]:
    """Return status and body; the Host header is one that the settings allow."""
    address = urlsplit(url)
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", address.path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
