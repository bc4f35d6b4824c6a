"""The sd_notify(3) protocol: short messages to the service manager over a datagram socket."""

import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """Silent when NOTIFY_SOCKET is not set, so the program runs the same in a terminal."""

    def __init__(self, env: Mapping[str, str]) -> None:
        address = env.get("NOTIFY_SOCKET", "")
        # systemd writes the zero byte of an abstract address as "@"
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_pause = _watchdog_pause(env)

    def ready(self, status: str) -> None:
        self._send("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        self._send(f"STATUS={status}")

    def reloading(self) -> None:
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={now}")

    def stopping(self) -> None:
        self._send("STOPPING=1", "STATUS=stopping")

    def alive(self) -> None:
        if self.watchdog_pause is not None:
            self._send("WATCHDOG=1")

    def _send(self, *fields: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.sendto("\n".join(fields).encode(), self._address)


def _watchdog_pause(env: Mapping[str, str]) -> float | None:
    """Half of what the watchdog allows, or None when it does not watch this process."""
    allowed = env.get("WATCHDOG_USEC")
    if not allowed or env.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(allowed) / 2 / 1_000_000
