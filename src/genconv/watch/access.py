"""Who may see a page that is served: whoever asks this machine by its own name, elsewhere with a token too."""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genconv.errors import InputError, shown

LOCAL = "127.0.0.1"
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Access:
    """Which requests are answered."""

    host: str
    """The address that is listened at."""
    token: str
    """What a request must know; empty where only this machine can ask."""

    @classmethod
    def at(cls, host: str) -> "Access":
        """For an address: a new token, unless it is this machine's own loop; `InputError` if it is no address here."""
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise InputError(f"--host {shown(host)}: is no address of this machine") from None
        own = all(ipaddress.ip_address(str(one[4][0]).partition("%")[0]).is_loopback for one in found)
        return cls(host, "" if own else secrets.token_urlsafe(24))

    def refusal(self, host: str | None, query: Mapping[str, Sequence[str]]) -> str | None:
        """Why a request is not answered, by its header `Host` and its query; None if it is.

        A name of somebody else's that leads here (DNS rebinding) is refused, whatever the browser believes.
        """
        if not self._is_name(name_of(host or "")):
            return "this page is not served under that name"
        given = query.get("token", [""])[0]
        if self.token and not hmac.compare_digest(given.encode(), self.token.encode()):
            return "the address lacks the token that genconv watch has printed"
        return None

    def _is_name(self, name: str) -> bool:
        if name in _LOCAL_NAMES or name == self.host.lower():
            return True
        if not self.token:
            return False
        return _is_number(name) or name in {socket.gethostname().lower(), socket.getfqdn().lower()}


def name_of(host: str) -> str:
    """The name in a header `Host`, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def _is_number(name: str) -> bool:
    """Whether it is an address in numbers, which no one else's name server can have given."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
