"""A service for stories: it answers on its port, writes to its directory, and stops politely, unless told to be stubborn."""

import http.server
import os
import signal
import sys
import threading

port, directory = int(sys.argv[1]), sys.argv[2]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ready\n")

    def log_message(self, format, *args):
        pass


def stop(number, frame):
    if not os.path.exists(f"{directory}/stubborn"):
        print("stopped politely")
        sys.exit(0)
    print("not now")


signal.signal(signal.SIGTERM, stop)
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(f"{directory}/started", "w") as file:
    file.write(f"{os.getpid()}\n")
while True:
    signal.pause()
