"""Allow-list of hosts."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from dataprep.sources.connections import RefusedAddress

_FLICKR = ("flickr.com", "staticflickr.com")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class HostRules:
    """Flickr's hosts on their usual ports, and host and port of the API's address."""

    api_host: str
    api_port: int

    @classmethod
    def for_api(cls, api_url: str) -> "HostRules":
        """Take the host from the API's address.

        Raises:
            RefusedAddress: it isn't an http(s) address.
        """
        _, host, port = _parts(api_url)
        return cls(host, port)

    def check(self, url: str) -> None:
        """Refuse an address that isn't http(s), hides a user name, or is at a foreign host.

        Raises:
            RefusedAddress: with the reason.
        """
        scheme, host, port = _parts(url)
        if self.is_api(host, port):
            return
        if port != _PORTS[scheme]:
            raise RefusedAddress(f"port {port} of {host} isn't Flickr's")
        if not any(host == own or host.endswith("." + own) for own in _FLICKR):
            raise RefusedAddress(f"{host} isn't a host of Flickr's")

    def is_api(self, host: str, port: int) -> bool:
        """Whether this is the API's host and port."""
        return (host.lower(), port) == (self.api_host, self.api_port)


def _parts(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise RefusedAddress("not an address") from None
    if parts.scheme not in _PORTS or not host:
        raise RefusedAddress("not an http or https address")
    if parts.username is not None or "\\" in url or not url.isprintable() or " " in url:
        raise RefusedAddress("an address with odd characters in it")
    return parts.scheme, host.rstrip("."), port or _PORTS[parts.scheme]
