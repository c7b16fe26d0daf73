"""Fills a fresh Radicale: a calendar for each of two customers. seed.py HOST:PORT PID"""

import base64
import http.client
import os
import sys
import time
from datetime import datetime, timedelta, timezone

HOST, PID = sys.argv[1], int(sys.argv[2])
AUTH = "Basic " + base64.b64encode(b"svc-postern:svc-pass-1").decode()
NOON = datetime.now(timezone.utc).replace(hour=12, minute=0, second=0, microsecond=0)


def ask(method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(HOST, timeout=10)
    connection.request(method, path, body, {"Authorization": AUTH, **(headers or {})})
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status not in (200, 201, 204, 207):
        raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")


def event(customer, name, days, *more):
    at = NOON + timedelta(days=days)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Postern//seed//EN", "BEGIN:VEVENT",
        f"UID:{customer}-{name}", "DTSTAMP:20260101T000000Z", f"DTSTART:{at:%Y%m%dT%H%M%SZ}",
        f"DTEND:{at + timedelta(hours=1):%Y%m%dT%H%M%SZ}", *more, "END:VEVENT", "END:VCALENDAR", "",
    ]
    ask("PUT", f"/svc-postern/{customer}/{name}.ics", "\r\n".join(lines).encode(), {"Content-Type": "text/calendar"})


until = time.monotonic() + 30
while True:
    try:
        ask("OPTIONS", "/")
        break
    except OSError:
        os.kill(PID, 0)
        if time.monotonic() > until:
            raise
        time.sleep(0.2)

for customer in ("acme", "globex"):
    ask("MKCALENDAR", f"/svc-postern/{customer}/")
    event(customer, "review", 10, f"SUMMARY:Review at {customer}", "CATEGORIES:Review")
    event(customer, "secret", 11, "SUMMARY:PRIVATECANARY", "CLASS:PRIVATE")
    event(customer, "call", 3, "SUMMARY:Call", "RRULE:FREQ=WEEKLY;COUNT=4")
