#!/usr/bin/env python3
"""Postern before a real Keycloak: its own tokens at the MCP endpoint, and people who sign in through Postern.

    check.py POSTERN_ORIGIN KEYCLOAK_ORIGIN      with DEMO_PASSWORD and POSTERN_CLIENT_SECRET in the environment

Prints a line for each check, and at last `keycloak: N passed, N failed`.
"""

import base64
import hashlib
import json
import os
import pathlib
import secrets
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

POSTERN, KEYCLOAK = sys.argv[1:3]
PERSON = pathlib.Path(__file__).parent.parent / "oauth" / "person.py"
RESOURCE = f"{POSTERN}/mcp"
VERSION = "2026-07-28"
INTERNAL = ("internal_note_count", "internal_notes", "escalation_history")
counts = {True: 0, False: 0}


def note(what, good, detail=""):
    counts[bool(good)] += 1
    print(f"{'ok    ' if good else 'FAILED'} {what}" + ("" if good else f"\n       {str(detail)[:600]}"))


def post(url, body, headers=None):
    data = body if isinstance(body, bytes) else urllib.parse.urlencode(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read().decode("utf-8", "replace")
        try:
            return error.code, json.loads(text)
        except ValueError:
            return error.code, text


def visit(url, account):
    """Where a person ends who opens this address and signs in at Keycloak."""
    done = subprocess.run(
        [sys.executable, PERSON, url, account, os.environ["DEMO_PASSWORD"], "--stop", "--through", KEYCLOAK],
        capture_output=True, text=True, timeout=120)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise RuntimeError(done.stderr)
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(lines[-1]).query))


def code_flow(authorize, token, client, secret, redirect, account, scope, resource=None):
    """The authorization code flow with PKCE; answers the token response."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": client, "redirect_uri": redirect, "scope": scope, "state": secrets.token_urlsafe(8),
             "code_challenge": challenge, "code_challenge_method": "S256"}
    if resource:
        asked["resource"] = resource
    came = visit(f"{authorize}?{urllib.parse.urlencode(asked)}", account)
    if came.get("state") != asked["state"] or "code" not in came:
        raise RuntimeError(came)
    redeemed = {"grant_type": "authorization_code", "code": came["code"], "redirect_uri": redirect, "client_id": client,
                "code_verifier": verifier}
    if secret:
        redeemed["client_secret"] = secret
    if resource:
        redeemed["resource"] = resource
    status, answer = post(token, redeemed)
    if status != 200:
        raise RuntimeError(answer)
    return answer


def call(token, tool, arguments):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": {
        "io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {}}}}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": VERSION, "Mcp-Method": "tools/call", "Mcp-Name": tool}
    return post(RESOURCE, json.dumps(message).encode(), headers)


def structured(answer):
    return ((answer[1] or {}).get("result") or {}).get("structuredContent") or {} if isinstance(answer[1], dict) else {}


def check(realm, account, tool, others):
    def judge(way, token):
        answer = call(token, tool, {"limit": 50})
        text = json.dumps(answer[1])
        note(f"{way}: `{tool}` as {account}", structured(answer).get("status") == "success" and '"ticket_id"' in text, answer)
        if realm == "customers":
            found = [it for it in INTERNAL if f'"{it}"' in text]
            note(f"{way}: nothing internal for {account}", not found, found)
        refused = call(token, others, {"limit": 1})
        note(f"{way}: `{others}` is not for {account}", structured(refused).get("status") != "success", refused)

    issuer = f"{KEYCLOAK}/realms/{realm}/protocol/openid-connect"
    try:
        theirs = code_flow(f"{issuer}/auth", f"{issuer}/token", "postern", os.environ["POSTERN_CLIENT_SECRET"],
                           f"{POSTERN}/sign-in/callback", account, "openid")
        judge("a token of Keycloak's", theirs["access_token"])
    except RuntimeError as error:
        note(f"Keycloak signs {account} in", False, error)

    callback = "http://127.0.0.1:9/callback"
    status, client = post(f"{POSTERN}/register", json.dumps({
        "client_name": "Keycloak check", "redirect_uris": [callback], "token_endpoint_auth_method": "none"}).encode(),
        {"Content-Type": "application/json"})
    note(f"a client registers for {account}", status == 201, client)
    try:
        ours = code_flow(f"{POSTERN}/authorize", f"{POSTERN}/token", client["client_id"], None, callback, account,
                         "support.read support.write", RESOURCE)
    except (RuntimeError, KeyError) as error:
        note(f"{account} signs in through Postern at Keycloak", False, error)
        return
    note(f"{account} signs in through Postern at Keycloak", True)
    judge("a token of Postern's", ours["access_token"])
    status, renewed = post(f"{POSTERN}/token", {
        "grant_type": "refresh_token", "refresh_token": ours["refresh_token"], "client_id": client["client_id"]})
    note(f"the grant of {account} is refreshed", status == 200, renewed)


check("customers", "lead@acme.example", "customer_list_tickets", "search_tickets")
check("employees", "support-write@msp.example", "search_tickets", "customer_list_tickets")
print(f"keycloak: {counts[True]} passed, {counts[False]} failed")
sys.exit(1 if counts[False] or not counts[True] else 0)
