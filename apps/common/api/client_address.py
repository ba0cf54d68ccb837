"""The client's network address: the one place that says what limits count by."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.http import HttpRequest
from rest_framework.request import Request

# One home or one rented server has a whole /64 (RFC 6177): counting single addresses counts nobody.
_IPV6_PREFIX = 64


def client_address(request: Request | HttpRequest) -> str:
    """Return the address that the connection came from; of IPv6 its /64, without one `unknown`.

    It is `REMOTE_ADDR` alone. No header is read here, for anybody can send any header: behind a load
    balancer the server itself replaces the address, and believes that balancer only
    (`FORWARDED_ALLOW_IPS` of uvicorn).
    """
    try:
        address: IPv4Address | IPv6Address = ip_address(str(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(ip_network((int(address), _IPV6_PREFIX), strict=False))
        address = address.ipv4_mapped
    return str(address)
