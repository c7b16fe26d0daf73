"""Judges what one client got. Arguments: REALM CLIENT PROTOCOL TOOL; the client's JSON line is on standard input.

A customer's answer must lack every field that is for employees; an employee's must have some, or the check on the customer's
would prove nothing.
"""

import json
import sys

INTERNAL = {"internal", "internal_note_count", "internal_notes", "escalation_history", "breach_reason"}


def internal_fields(value, path=""):
    """The paths of fields that are for employees."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from internal_fields(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            here = f"{path}.{key}"
            if key in INTERNAL or here.endswith(".assigned_to.id"):
                yield here
            yield from internal_fields(item, here)


def objections(realm, protocol, tool, got):
    if protocol != "any" and got["protocol"] != protocol:
        yield f"speaks {got['protocol']}, expected {protocol}"
    if tool not in got["tools"]:
        yield f"`{tool}` is not listed; listed are {got['tools']}"
    others = "search_tickets" if realm == "customer" else "customer_list_tickets"
    if others in got["tools"]:
        yield f"`{others}` of the other realm is listed"
    if got["is_error"] or (got["structured"] or {}).get("status") != "success":
        yield f"the call failed: {got['text'][:300]}"
        return
    if json.loads(got["text"]) != got["structured"]:
        yield "the text is not the structured content"
    if '"ticket_id"' not in got["text"]:
        yield "the answer has no ticket"
    found = list(internal_fields(got["structured"]))
    if realm == "customer" and found:
        yield f"the customer's answer has fields for employees: {found[:5]}"
    if realm == "employee" and not found:
        yield "the employee's answer has no field for employees"


def main():
    realm, client, protocol, tool = sys.argv[1:5]
    said = sys.stdin.read().strip()
    if said:
        wrong = list(objections(realm, protocol, tool, json.loads(said.splitlines()[-1])))
    else:
        wrong = ["the client printed nothing"]
    print(f"{'ok    ' if not wrong else 'FAILED'} {client} as {realm}")
    for one in wrong:
        print(f"       {one}")
    sys.exit(1 if wrong else 0)


main()
