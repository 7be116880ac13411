"""Personal links: who may answer which quiz, in a text that nobody can make up or change.

A link ends in a token: the cohort, the quiz, the learner and a version, and an HMAC-SHA256 of them. Whoever does not
know the secret cannot write one: 256 bits would have to be guessed. The version is raised to withdraw a link.
"""

import base64
import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from mlsd import settings
from mlsd.errors import SettingsError

__all__ = ["Ticket", "key", "link", "outside_address", "read_secret", "read_token", "token"]

_VARIABLE = "MLSD_QUIZ_SECRET"
_SHORTEST = 32  # bytes
_LONGEST_TOKEN = 2000  # signs; no true one comes near it
_FIX = (
    'Make one with `python -c "import secrets; print(secrets.token_urlsafe(32))"` and put it into .env as '
    f"{_VARIABLE}=... Keep it for the whole cohort: another secret makes every link and every draw another."
)
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Ticket:
    """What a link says: for which cohort, quiz and learner it is, and which of the learner's links it is."""

    cohort: str
    quiz: str
    learner: str
    version: int = 1


def read_secret() -> bytes:
    """The secret that signs links and draws questions, from MLSD_QUIZ_SECRET; it has no default.

    Raises
    ------
    SettingsError
        If it is missing or shorter than 32 bytes.
    """
    secret = (settings.get(_VARIABLE) or "").encode()
    if not secret:
        raise SettingsError(f"{_VARIABLE} is not set: without a secret, anybody could write a link.", _FIX)
    if len(secret) < _SHORTEST:
        raise SettingsError(f"{_VARIABLE} has {len(secret)} bytes; at least {_SHORTEST} are needed.", _FIX)
    return secret


def key(secret: bytes, *purpose: str) -> bytes:
    """Make a key for one purpose, so that what is known of one says nothing about another.

    Parameters
    ----------
    secret : bytes
        The secret.
    *purpose : str
        What the key is for, such as "draw" and the cohort.

    Returns
    -------
    bytes
        32 bytes.
    """
    return hmac.digest(secret, json.dumps(purpose).encode(), "sha256")


def token(ticket: Ticket, secret: bytes) -> str:
    """Write a ticket as a token.

    Parameters
    ----------
    ticket : Ticket
        Whom it is for.
    secret : bytes
        The secret.

    Returns
    -------
    str
        Letters, digits, ``-``, ``_`` and one dot.

    Examples
    --------
    >>> ticket = Ticket("Cohort 8", "quiz_2", "l07")
    >>> written = token(ticket, b"a secret of at least 32 bytes ...")
    >>> read_token(written, b"a secret of at least 32 bytes ...") == ticket
    True
    >>> read_token(written, b"another secret of 32 bytes .......") is None
    True
    """
    said = _base64(json.dumps([ticket.cohort, ticket.quiz, ticket.learner, ticket.version]).encode())
    return f"{said}.{_base64(hmac.digest(key(secret, 'links'), said.encode(), 'sha256'))}"


def read_token(text: str, secret: bytes) -> Ticket | None:
    """Read a token that `token` wrote.

    Parameters
    ----------
    text : str
        What somebody sent.
    secret : bytes
        The secret.

    Returns
    -------
    Ticket or None
        None for a text that was not written with this secret, or was changed in any sign.
    """
    if len(text) > _LONGEST_TOKEN or not text.isascii():
        return None
    said = text.partition(".")[0]
    signed = f"{said}.{_base64(hmac.digest(key(secret, 'links'), said.encode(), 'sha256'))}"
    if not hmac.compare_digest(signed, text):  # as texts: one byte can be written as base64 in several ways
        return None
    cohort, quiz, learner, version = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    return Ticket(cohort, quiz, learner, version)


def link(address: str, ticket: Ticket, secret: bytes) -> str:
    """Write the link that a learner gets.

    Parameters
    ----------
    address : str
        Where learners reach the server, as `outside_address` returns it.
    ticket : Ticket
        Whom it is for.
    secret : bytes
        The secret.

    Returns
    -------
    str
        A URL.
    """
    return f"{address}/open/{token(ticket, secret)}"


def outside_address(text: str) -> str:
    """Check the address where learners reach the server.

    Parameters
    ----------
    text : str
        Such as ``https://quiz.example``.

    Returns
    -------
    str
        The same without a slash at its end.

    Raises
    ------
    SettingsError
        If it is no such address, has a path, or would carry links over a network without encryption.

    Examples
    --------
    >>> outside_address("https://Quiz.example/")
    'https://quiz.example'
    """
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise SettingsError(f"--address {text!r} is no address.", "Write https://quiz.example, or with a port.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError(f"--address {text!r} has more than a host.", "Give the page a host name of its own.")
    if parts.scheme == "http" and host not in _THIS_MACHINE:
        raise SettingsError(
            f"--address {text!r}: over http, everybody on the way can read the links.",
            "Put the server behind a proxy with TLS and write https://.",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
