#!/usr/bin/env python3
"""Makes the realm `customers` of a real Keycloak what the kit counts on: service accounts with the least roles, portal roles, a mail
server, organisations, and two people at each of two customers.

    directory.py KEYCLOAK_ORIGIN MAIL_PORT SECRET      with KC_BOOTSTRAP_ADMIN_PASSWORD in the environment

Prints what `cargo test -p postern-keycloak --test real` wants to know, as lines of NAME='value'.
"""

import json
import os
import sys
import urllib.parse
import urllib.request

KEYCLOAK, MAIL_PORT, SECRET = sys.argv[1:4]
REALM = f"{KEYCLOAK}/admin/realms/customers"


def ask(method, url, body=None, form=False):
    headers = {"Authorization": f"Bearer {token}"} if not form else {}
    data = None
    if body is not None:
        data = urllib.parse.urlencode(body).encode() if form else json.dumps(body).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read().decode()
        return (json.loads(text) if text else None), answer.headers.get("Location")


token = ask("POST", f"{KEYCLOAK}/realms/master/protocol/openid-connect/token", {
    "grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": os.environ["KC_BOOTSTRAP_ADMIN_PASSWORD"],
}, form=True)[0]["access_token"]

ask("PUT", REALM, {
    "eventsEnabled": True, "adminEventsEnabled": True, "adminEventsDetailsEnabled": True, "organizationsEnabled": True,
    "smtpServer": {"host": "127.0.0.1", "port": MAIL_PORT, "from": "id@msp.example"},
})

for name in ("viewer", "manager", "msp-operator", "everything"):
    ask("POST", f"{REALM}/roles", {"name": name})
brought = [ask("GET", f"{REALM}/roles/{name}")[0] for name in ("manager", "msp-operator")]
ask("POST", f"{REALM}/roles/everything/composites", brought)

management = ask("GET", f"{REALM}/clients?clientId=realm-management")[0][0]["id"]
for client, roles in (
    ("postern-directory", ("manage-users", "view-realm", "view-events")),
    ("postern-organisations", ("manage-users", "view-realm", "view-events", "manage-realm")),
):
    made = ask("POST", f"{REALM}/clients", {
        "clientId": client, "secret": SECRET, "publicClient": False, "serviceAccountsEnabled": True, "standardFlowEnabled": False,
        "directAccessGrantsEnabled": False, "fullScopeAllowed": False,
    })[1].rsplit("/", 1)[1]
    account = ask("GET", f"{REALM}/clients/{made}/service-account-user")[0]["id"]
    given = [ask("GET", f"{REALM}/clients/{management}/roles/{role}")[0] for role in roles]
    ask("POST", f"{REALM}/users/{account}/role-mappings/clients/{management}", given)
    ask("POST", f"{REALM}/clients/{made}/scope-mappings/clients/{management}", given)


def person(email):
    found = ask("GET", f"{REALM}/users?exact=true&email={urllib.parse.quote(email)}")[0]
    return found[0]["id"] if found else None


basic = ask("GET", f"{REALM}/roles/basic-customer")[0]
new = ask("POST", f"{REALM}/users", {
    "username": "basic@globex.example", "email": "basic@globex.example", "firstName": "Gil", "lastName": "Globe", "enabled": True,
    "attributes": {"organization_id": ["globex"]},
})[1].rsplit("/", 1)[1]
ask("POST", f"{REALM}/users/{new}/role-mappings/realm", [basic])

for name in ("acme", "globex"):
    people = [person(f"lead@{name}.example"), person(f"basic@{name}.example")]
    made = ask("POST", f"{REALM}/organizations", {
        "name": name, "alias": name, "enabled": True, "domains": [{"name": f"{name}.example"}],
    })[1].rsplit("/", 1)[1]
    for member in people:
        ask("POST", f"{REALM}/organizations/{made}/members", member)
    print(f"KEYCLOAK_{name.upper()}='{name} {people[0]} {people[1]}'")
    print(f"KEYCLOAK_ORG_{name.upper()}='{made} {people[0]} {people[1]}'")
