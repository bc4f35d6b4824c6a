"""/health and /metrics for everyone on this machine, /settings for those who hold the API key."""

import hmac
import json
import os
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from oneiric import __version__
from oneiric.errors import ConfigError, PortTaken
from oneiric.orchestrator import Orchestrator

DEFAULT_PORT = "9464"


def serve(orchestrator: Orchestrator, api_key: bytes, env: Mapping[str, str]) -> None:
    """Answer on 127.0.0.1 from a background thread until the process ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                self._answer(200, _json(health(orchestrator, env)))
            elif self.path == "/metrics":
                self._answer(200, metrics(orchestrator, env), "text/plain; version=0.0.4")
            elif self.path != "/settings":
                self._answer(404, _json({"error": "no such page"}))
            elif not hmac.compare_digest(self.headers.get("Authorization", "").encode(), b"Bearer " + api_key):
                self._answer(401, _json({"error": "the API key is required"}))
            else:
                self._answer(200, _json({"digest": orchestrator.settings.digest, "providers": orchestrator.providers}))

        def _answer(self, status: int, body: str, content_type: str = "application/json") -> None:
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes arrive every few seconds; they do not belong in the log."""

    text = env.get("METRICS_PORT") or DEFAULT_PORT
    try:
        server = ThreadingHTTPServer(("127.0.0.1", int(text)), Handler)
    except (ValueError, OverflowError):
        raise ConfigError(f"METRICS_PORT is not a port number: {text!r}") from None
    except OSError as error:
        raise PortTaken(f"cannot listen on 127.0.0.1:{text}: {error.strerror}") from error
    threading.Thread(target=server.serve_forever, name="web", daemon=True).start()


def health(orchestrator: Orchestrator, env: Mapping[str, str]) -> dict[str, Any]:
    last = orchestrator.last_refresh
    return {
        "status": "degraded" if orchestrator.reload_error else "ok",
        "reload_error": orchestrator.reload_error,
        "service": env.get("OTEL_SERVICE_NAME", "oneiric"),
        "version": __version__,
        "pid": os.getpid(),
        "title": orchestrator.settings.title,
        "settings": orchestrator.settings.digest,
        "stack_order": env.get("ONEIRIC_STACK_ORDER"),
        "providers": orchestrator.providers,
        "last_refresh_age": None if last is None else round(time.time() - last, 1),
    }


def metrics(orchestrator: Orchestrator, env: Mapping[str, str]) -> str:
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    labels = f'service="{env.get("OTEL_SERVICE_NAME", "oneiric")}",version="{__version__}"'
    return f"""\
# TYPE oneiric_build_info gauge
oneiric_build_info{{{labels}}} 1
# TYPE oneiric_refreshes_total counter
oneiric_refreshes_total {orchestrator.refreshes}
# TYPE oneiric_last_refresh_timestamp_seconds gauge
oneiric_last_refresh_timestamp_seconds {orchestrator.last_refresh or 0:.3f}
# TYPE oneiric_reloads_total counter
oneiric_reloads_total{{result="ok"}} {orchestrator.reloads}
oneiric_reloads_total{{result="failed"}} {orchestrator.failed_reloads}
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes {resident}
"""


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content) + "\n"
