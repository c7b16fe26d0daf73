"""Fills a fresh WsgiDAV: the same documents with their marks in properties, and in a side-car. seed.py HOST:PORT PID"""

import base64
import http.client
import json
import os
import re
import sys
import time
from urllib.parse import quote

HOST, PID = sys.argv[1], int(sys.argv[2])
AUTH = "Basic " + base64.b64encode(b"svc-postern:svc-pass-1").decode()
FILES = [
    ("acme", "Service contract.v1.pdf", "customer", "approved", "Contract"),
    ("acme", "Service contract.v2.pdf", "customer", "approved", "Contract"),
    ("acme", "Server room drawing.pdf", "customer", "approved", "Drawing"),
    ("acme", "Two at once.pdf", "customer", "approved", "Drawing"),
    ("acme", "Offer 2027.v1.pdf", "customer", "approved", "Quote"),
    ("acme", "Offer 2027.v2.pdf", "customer", "in_review", "Quote"),
    ("acme", "Margins.pdf", "internal", "approved", "Calculation"),
    ("acme", "Übergabe & Plan #1.pdf", "customer", "approved", "Report"),
    ("acme", "unmarked.txt", None, None, None),
    ("globex", "Plant network.v1.pdf", "customer", "approved", "Drawing"),
    ("globex", "Plant network.v2.pdf", "customer", "approved", "Drawing"),
    ("globex", "Recovery plan.pdf", "internal", "draft", "Report"),
]


def ask(method, path, body=None, headers=None, good=(200, 201, 204, 207)):
    connection = http.client.HTTPConnection(HOST, timeout=10)
    connection.request(method, quote(path), body, {"Authorization": AUTH, **(headers or {})})
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status not in good:
        raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
    return answer, text


def etag(path):
    answer, _ = ask("HEAD", path)
    return answer.getheader("ETag").strip('"')


until = time.monotonic() + 30
while True:
    try:
        ask("OPTIONS", "/properties/")
        break
    except OSError:
        os.kill(PID, 0)
        if time.monotonic() > until:
            raise
        time.sleep(0.2)

for share in ("properties", "sidecars"):
    for organisation in ("acme", "globex"):
        ask("MKCOL", f"/{share}/{organisation}")
    sidecars = {"acme": {}, "globex": {}}
    for organisation, name, audience, state, kind in FILES:
        path = f"/{share}/{organisation}/{name}"
        ask("PUT", path, f"content of {name}".encode())
        marks = {"audience": audience, "state": state, "kind": kind}
        if state == "approved":
            marks["approved-etag"] = etag(path)
        marks = {key: value for key, value in marks.items() if value}
        if share == "sidecars":
            sidecars[organisation][name] = marks
        elif marks:
            inside = "".join(f"<p:{key}>{value}</p:{key}>" for key, value in marks.items())
            body = (
                '<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:" xmlns:p="urn:postern:documents">'
                f"<D:set><D:prop>{inside}</D:prop></D:set></D:propertyupdate>"
            )
            _, said = ask("PROPPATCH", path, body, {"Content-Type": "application/xml"})
            if re.findall(r"HTTP/1.1 (\d+)", said) != ["200"]:
                raise SystemExit(f"marks of {path}: {said[:300]}")
    if share == "sidecars":
        for organisation, files in sidecars.items():
            ask("PUT", f"/{share}/{organisation}/.postern.json", json.dumps({"files": files}).encode())
