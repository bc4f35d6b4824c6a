"""Calls somebody: the phone, as a command channel. Reads the message, a JSON object, on its standard input.

usage: call-out.py GATEWAY NUMBER [NUMBER]      the last number is called: a contact's own comes after the usual one
Exit status 0: the gateway has taken it; 75: try again later; 64: wrong usage, which trying again does not mend.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

OK, USAGE, TRY_LATER = 0, 64, 75
# Nobody is called to hear that somebody else is at it, or that it is over; nor for the weekly test.
WORTH_A_CALL = ("open", "update", "reminder", "test")


def main(words: list[str]) -> int:
    if len(words) < 2:
        print(__doc__, file=sys.stderr)
        return USAGE
    gateway, number = words[0], words[-1]
    message = json.load(sys.stdin)
    if message["silent"] or message["kind"] not in WORTH_A_CALL:
        return OK
    call = {"to": number, "say": message["headline"], "incident": message["incident"], "kind": message["kind"]}
    headers = {"Content-Type": "application/json", "Idempotency-Key": message["id"]}
    try:
        request = urllib.request.Request(gateway, json.dumps(call).encode(), headers)
        with urllib.request.urlopen(request, timeout=8):
            return OK
    except urllib.error.HTTPError as error:
        print(f"the gateway answers with status {error.code}", file=sys.stderr)
    except OSError as error:
        print(f"the gateway cannot be reached: {error}", file=sys.stderr)
    return TRY_LATER


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
