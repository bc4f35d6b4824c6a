"""What any program does: work hard, use threads, a child process, files, HTTP and names. Then it stays and answers on its port."""

import http.server
import json
import socket
import subprocess
import sys
import threading
import urllib.request

port, directory = int(sys.argv[1]), sys.argv[2]
assert sum(n * n for n in range(1_000_000)) > 0
threads = [threading.Thread(target=lambda: sum(range(100_000))) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert subprocess.run(["/bin/echo", "child"], capture_output=True, text=True).stdout == "child\n"
socket.getaddrinfo("localhost", port)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
threading.Thread(target=server.serve_forever).start()
assert urllib.request.urlopen(f"http://127.0.0.1:{port}/").read() == b"hello"
with open(f"{directory}/done", "w") as file:
    json.dump({"runtime": f"python {sys.version}"}, file)
