"""Stands for all who can be told: Telegram, Slack, PagerDuty and a phone gateway on port 8025, a mail server on port 2525.

Prints what arrives, one line each; with --keep FILE all of it as lines of JSON. Listens on this machine alone.
To press "Acknowledge" in Telegram as somebody (here as 1001, whom the spec lists):

    curl -d "ack INC-20261129-155003 1001" http://127.0.0.1:8025/press
"""

from __future__ import annotations

import argparse
import json
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CHAT = -1001
LONG_POLL = 25.0


class Inbox:
    """What has arrived, and what was pressed and not yet asked for."""

    def __init__(self, keep: Path | None) -> None:
        self._keep = keep
        self._count = 0
        self._changed = threading.Condition()
        self._pressed: list[dict[str, Any]] = []

    def take(self, where: str, says: str, whole: object) -> int:
        with self._changed:
            self._count += 1
            line = " ".join(says.split())
            print(f"{time.strftime('%H:%M:%S')} {where:<9} {line}", flush=True)
            if self._keep is not None:
                with self._keep.open("a") as file:
                    file.write(json.dumps({"at": time.time(), "where": where, "whole": whole}) + "\n")
            return self._count

    def press(self, act: str, incident: str, who: int) -> None:
        with self._changed:
            number = 1 + (self._pressed[-1]["update_id"] if self._pressed else int(time.time()))
            query = {
                "id": str(number),
                "from": {"id": who, "first_name": f"User {who}"},
                "message": {"chat": {"id": CHAT}},
                "data": f"{act}:{incident}",
            }
            self._pressed.append({"update_id": number, "callback_query": query})
            self._changed.notify_all()

    def pressed_from(self, offset: int, seconds: float) -> list[dict[str, Any]]:
        """Waits as long as Telegram does; what is below the offset has been dealt with."""
        with self._changed:
            due = lambda: [one for one in self._pressed if one["update_id"] >= offset]  # noqa: E731
            self._changed.wait_for(due, timeout=min(seconds, LONG_POLL))
            return due()


def handler_for(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            _, provider, *rest = self.path.split("/")
            try:
                if provider == "telegram":
                    self._telegram(rest[-1], json.loads(body))
                elif provider == "slack":
                    inbox.take("slack", json.loads(body)["text"], json.loads(body))
                    self._say(200, "ok")
                elif provider == "pagerduty":
                    self._pagerduty(json.loads(body))
                elif provider == "webhook":  # the phone gateway
                    call = json.loads(body)
                    inbox.take("phone", f"rings at {call['to']}: {call['say']}", call)
                    self._say(200, {})
                elif provider == "press":
                    act, incident, who = body.split()
                    inbox.press(act, incident, int(who))
                    self._say(200, {})
                else:
                    self._say(404, {"error": "nobody here"})
            except (ValueError, KeyError, IndexError) as error:
                self._say(400, {"error": f"bad request: {error}"})

        def _telegram(self, method: str, asked: dict[str, Any]) -> None:
            if method == "getUpdates":
                result: Any = inbox.pressed_from(int(asked.get("offset", 0)), float(asked.get("timeout", 0)))
            elif method == "sendMessage":
                buttons = [one["text"] for row in asked.get("reply_markup", {}).get("inline_keyboard", []) for one in row]
                shown = f"{asked['text']} {buttons}" if buttons else asked["text"]
                result = {"message_id": inbox.take("telegram", shown, asked), "chat": {"id": asked["chat_id"]}}
            else:
                inbox.take("telegram", f"{method}: {asked.get('text', '')}", asked)
                result = True
            self._say(200, {"ok": True, "result": result})

        def _pagerduty(self, event: dict[str, Any]) -> None:
            says = f"{event['event_action']} {event['dedup_key']}: {event['payload']['summary']}"
            inbox.take("pagerduty", says, {**event, "routing_key": "(hidden)"})
            self._say(202, {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]})

        def _say(self, status: int, content: object) -> None:
            body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def mail_handler_for(inbox: Inbox) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        """As much of SMTP as one client needs that sends a mail (RFC 5321)."""

        def handle(self) -> None:
            recipients: list[str] = []
            self._say(220, "copy-bot ESMTP")
            while line := self.rfile.readline().decode(errors="replace").strip():
                verb = line[:4].upper()
                if verb == "RCPT":
                    recipients.append(line.partition(":")[2].strip(" <>"))
                if verb == "DATA":
                    self._say(354, "go on")
                    mail = self._read_mail()
                    subject = next((one[8:] for one in mail if one.lower().startswith("subject:")), "")
                    inbox.take("mail", f"to {', '.join(recipients)}:{subject}", {"to": recipients, "mail": mail})
                    recipients = []
                self._say(221 if verb == "QUIT" else 250, "ok")
                if verb == "QUIT":
                    return

        def _read_mail(self) -> list[str]:
            lines: list[str] = []
            while (read := self.rfile.readline()) and (line := read.decode(errors="replace").rstrip("\r\n")) != ".":
                # A header that goes on is one line; so is what the mail's own dots were doubled for.
                if lines and line[:1] in (" ", "\t") and "" not in lines:
                    lines[-1] += line
                else:
                    lines.append(line[1:] if line.startswith("..") else line)
            return lines

        def _say(self, code: int, text: str) -> None:
            self.wfile.write(f"{code} {text}\r\n".encode())

    return Handler


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--http", type=int, default=8025, metavar="PORT")
    parser.add_argument("--smtp", type=int, default=2525, metavar="PORT")
    parser.add_argument("--keep", type=Path, metavar="FILE")
    args = parser.parse_args()
    inbox = Inbox(args.keep)
    mail = MailServer(("127.0.0.1", args.smtp), mail_handler_for(inbox))
    threading.Thread(target=mail.serve_forever, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", args.http), handler_for(inbox))
    server.daemon_threads = True
    print(f"ready: http://127.0.0.1:{args.http} and smtp://127.0.0.1:{args.smtp}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
