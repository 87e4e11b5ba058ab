"""The pulse of the watch: is there somebody at this port? A bare connect, which no web server logs."""

from __future__ import annotations

import asyncio
import socket

from flaskdoctor.probe.observation import State, Target

SECONDS = 1.0
_GREETING_SECONDS = 0.4


async def unreachable(target: Target, seconds: float = SECONDS) -> tuple[State, str] | None:
    """Why nothing can be connected to; None where the connection was accepted (and closed at once)."""
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(target.host, target.port)
    except TimeoutError:
        return State.UNKNOWN, "no connection within 1 s"
    except socket.gaierror:
        return State.UNKNOWN, "the host's name is not known"
    except ConnectionRefusedError:
        return State.DOWN, "refused"
    except (OSError, ValueError, OverflowError, UnicodeError) as error:
        # asyncio joins the reasons where a name has several addresses.
        if "refused" in str(error).lower() or "Multiple exceptions" in str(error):
            return State.DOWN, "refused"
        return State.UNKNOWN, getattr(error, "strerror", None) or "the host cannot be reached"
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        return None
    return None


async def greeting(target: Target) -> str:
    """Who speaks first at this port, in words; empty where nobody does. A web server waits to be asked."""
    try:
        async with asyncio.timeout(_GREETING_SECONDS):
            reader, writer = await asyncio.open_connection(target.host, target.port)
            try:
                said = await reader.read(64)
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError, OverflowError, UnicodeError):
        return ""
    if not said:
        return ""
    return next(
        (who for start, who in _GREETINGS.items() if said.startswith(start)), "something other than a web server"
    )


_GREETINGS = {
    b"SSH-": "an SSH server",
    b"220": "a mail or FTP server",
    b"+OK": "a mail server",
    b"* OK": "a mail server",
}
