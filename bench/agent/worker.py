"""A service as people have them: beats, logs a line a second, and answers over HTTP: worker.py PORT."""
import http.server
import os
import sys
import threading
import time


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"status": "ok"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer)
threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 60}, daemon=True).start()
number = 0
while True:
    number += 1
    open(os.environ["HOLDFAST_BEAT"], "w").close()
    print(f"position {number} updated", flush=True)
    time.sleep(1)
