"""HTTP connections that check the peer address before sending."""

import contextlib
import ipaddress
from collections.abc import Callable
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

REDIRECTS = (301, 302, 303, 307, 308)
NETWORK_ERRORS = (urllib3.exceptions.HTTPError, OSError)  # those of requests are OSErrors
Exempt = Callable[[str, int], bool]  # of a host and a port


class RefusedAddress(Exception):
    """An address that isn't allowed; the message names it and the reason."""


def check_peer(address: str) -> None:
    """Refuse to talk to a private, link-local or loopback address behind a public name.

    Raises:
        RefusedAddress: the address isn't a public one.
    """
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    if not mapped.is_global or mapped.is_multicast:
        raise RefusedAddress(f"{address} isn't a public address")


def no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add no credentials; as a session's ``auth`` it disables ~/.netrc."""
    return request


class CheckedAdapter(HTTPAdapter):
    """Checks the address of each connection, so that DNS can't change it after a check.

    Behind a proxy of the environment, the proxy resolves names and connects; then only the checks
    of names apply.

    Args:
        exempt: whether a host and port may have a private address, as given by the user.
        connections: most at once to a host.
    """

    def __init__(self, exempt: Exempt, connections: int) -> None:
        self._exempt = exempt
        super().__init__(pool_connections=8, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Make every pool's connections check their peer."""
        super().init_poolmanager(*arguments, **named)
        exempt = {"exempt": staticmethod(self._exempt)}
        http = type("_Http", (_CheckedHttp,), exempt)
        https = type("_Https", (_CheckedHttps,), exempt)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_HttpPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": http}),
            "https": type("_HttpsPool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": https}),
        }


class _CheckedHttp(HTTPConnection):
    exempt: Exempt

    def _new_conn(self) -> Any:
        return _checked(super()._new_conn(), self.exempt, self.host, self.port)


class _CheckedHttps(HTTPSConnection):
    exempt: Exempt

    def _new_conn(self) -> Any:
        return _checked(super()._new_conn(), self.exempt, self.host, self.port)


def _checked(sock: Any, exempt: Exempt, host: str, port: int) -> Any:
    if not exempt(host.strip("[]"), port):
        try:
            check_peer(str(sock.getpeername()[0]))
        except BaseException:
            with contextlib.suppress(OSError):
                sock.close()
            raise
    return sock
