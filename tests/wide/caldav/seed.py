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


def put(customer, name, *components):
    """One calendar object of these lines: of a time zone, and of events, whose ids are the same."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Postern//seed//EN"]
    for component in components:
        if component[0].startswith("TZID"):
            lines += ["BEGIN:VTIMEZONE", *component, "END:VTIMEZONE"]
        else:
            lines += ["BEGIN:VEVENT", f"UID:{customer}-{name}", "DTSTAMP:20260101T000000Z", *component, "END:VEVENT"]
    body = "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()
    ask("PUT", f"/svc-postern/{customer}/{name}.ics", body, {"Content-Type": "text/calendar"})


def event(customer, name, days, *more):
    at = NOON + timedelta(days=days)
    put(customer, name, [f"DTSTART:{at:%Y%m%dT%H%M%SZ}", f"DTEND:{at + timedelta(hours=1):%Y%m%dT%H%M%SZ}", *more])


def half(name, start, before, after, abbreviation, rule):
    return [f"BEGIN:{name}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", f"TZNAME:{abbreviation}",
            f"DTSTART:{start}", f"RRULE:FREQ=YEARLY;{rule}", f"END:{name}"]


BERLIN = [
    "TZID:Europe/Berlin",
    *half("DAYLIGHT", "19700329T020000", "+0100", "+0200", "CEST", "BYMONTH=3;BYDAY=-1SU"),
    *half("STANDARD", "19701025T030000", "+0200", "+0100", "CET", "BYMONTH=10;BYDAY=-1SU"),
]


def exceptions(customer):
    """Around the night of March in which clocks in Berlin change: what repeats, and what is taken out of it or moved. 2027 to 2029."""
    for year, sunday in ((2027, 28), (2028, 26), (2029, 25)):
        def day(days):
            return f"{datetime(year, 3, sunday) + timedelta(days=days):%Y%m%d}"

        def berlin(name, days, hour):
            return f"{name};TZID=Europe/Berlin:{day(days)}T{hour}0000"

        weekly = "RRULE:FREQ=WEEKLY;COUNT=4"
        put(customer, f"zone-{year}", BERLIN, [
            berlin("DTSTART", -5, "09"), "DURATION:PT1H", "SUMMARY:Zone", weekly, berlin("EXDATE", 9, "09")])
        put(customer, f"moved-{year}", BERLIN,
            [berlin("DTSTART", -5, "14"), berlin("DTEND", -5, "15"), "SUMMARY:Moved", weekly],
            [berlin("RECURRENCE-ID", 2, "14"), berlin("DTSTART", 3, "16"), berlin("DTEND", 3, "17"), "SUMMARY:Moved away"],
            [berlin("RECURRENCE-ID", 9, "14"), berlin("DTSTART", 9, "14"), berlin("DTEND", 9, "15"),
             "STATUS:CANCELLED", "SUMMARY:Moved"])
        put(customer, f"days-{year}", [
            f"DTSTART;VALUE=DATE:{day(-7)}", "SUMMARY:Day", weekly, f"EXDATE;VALUE=DATE:{day(7)}"])
        put(customer, f"dates-{year}", [
            f"DTSTART:{day(-4)}T160000Z", "DURATION:PT15M", "SUMMARY:Dates", f"RDATE:{day(4)}T160000Z"])


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
ask("MKCALENDAR", "/svc-postern/initech/")
exceptions("initech")
