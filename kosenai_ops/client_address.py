"""Where a request comes from: the one answer for the lock on sign-in, the rate limits and the list of sessions."""

import re
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

# An address as proxies write it, in brackets or with the client's port: `192.0.2.7:5123`, `[2001:db8::7]:5123`.
WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d+)?|(?P<four>[\d.]+):\d+")
THIS_MACHINE = "127.0.0.1"  # who speaks through a Unix socket has no address, and sits here


def client_address(request: HttpRequest) -> str:
    """The client's IP address, spelt one way.

    Behind the one trusted proxy it is the last element of X-Forwarded-For, which that proxy wrote; what stands before
    it is whatever the client sent. A proxy that wrote no address is itself the client, as far as can be told.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return _spelt(forwarded.rpartition(",")[2]) or _spelt(request.META.get("REMOTE_ADDR", "")) or THIS_MACHINE


def _spelt(text: str) -> str:
    """The address without port, brackets and zone, an IPv4 one out of its IPv6 coat; empty for anything else."""
    text = text.strip()
    if with_port := WITH_PORT.fullmatch(text):
        text = with_port["six"] or with_port["four"] or ""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
