"""No test can reach the outside world by accident."""

import socket

import httpx
import pytest

from petwash.testing.sockets import OutsideWorldError


@pytest.mark.parametrize("host", ["192.0.2.1", "198.51.100.7"])
def test_an_address_outside_is_refused_before_a_packet_leaves(host):
    with pytest.raises(OutsideWorldError, match=f"connects to '{host}'"):
        socket.create_connection((host, 443), timeout=1)
    with pytest.raises(OutsideWorldError):
        httpx.get(f"http://{host}/", timeout=1)


def test_this_machine_is_allowed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
