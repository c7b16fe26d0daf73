"""Fills a fresh localstripe with two customers, and prints what the tests have to know as JSON. seed.py HOST:PORT PID"""

import http.client
import json
import os
import sys
import time
from urllib.parse import urlencode

HOST, PID = sys.argv[1], int(sys.argv[2])
CARDS = {"good": "4242424242424242", "declined": "4000000000000341"}


def ask(path, **fields):
    connection = http.client.HTTPConnection(HOST, timeout=10)
    headers = {"Authorization": "Bearer sk_test_seed", "Content-Type": "application/x-www-form-urlencoded"}
    fields = {name.replace("__", "[", 1).replace("__", "][") + "]" if "__" in name else name: value
              for name, value in fields.items()}
    connection.request("POST", f"/v1/{path}", urlencode(fields), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {text[:300]}")
    return json.loads(text)


def pays_with(customer, card):
    method = ask("payment_methods", type="card", card__number=CARDS[card], card__exp_month=12, card__exp_year=2040,
                 card__cvc="123")["id"]
    ask(f"payment_methods/{method}/attach", customer=customer)
    ask(f"customers/{customer}", invoice_settings__default_payment_method=method)


def subscribes(customer, card, quantity):
    """The invoice of a new subscription: paid, or open where the card was declined."""
    pays_with(customer, card)
    fields = {"customer": customer, "items[0][plan]": "seat", "items[0][quantity]": quantity}
    return ask("subscriptions", **fields)["latest_invoice"]


until = time.monotonic() + 30
while True:
    try:
        http.client.HTTPConnection(HOST, timeout=1).connect()
        break
    except OSError:
        os.kill(PID, 0)
        if time.monotonic() > until:
            raise
        time.sleep(0.1)

ask("plans", id="seat", amount=1250, currency="gbp", interval="month", nickname="Managed seat", name="Managed seat")
acme = ask("customers", name="Acme", email="ap@acme.example")["id"]
globex = ask("customers", name="GLOBEXCANARY", email="ap@globex.example")["id"]
paid = subscribes(acme, "good", 25)
charge = ask("charges", customer=acme, amount=4000, currency="gbp")["id"]
ask("refunds", charge=charge, amount=1500)
opened = subscribes(acme, "declined", 4)
theirs = subscribes(globex, "declined", 9)
ask("invoiceitems", customer=acme, amount=999, currency="gbp", description="On-site visit")
draft = ask("invoices", customer=acme)["id"]
print(json.dumps({"acme": acme, "globex": globex, "paid": paid, "open": opened, "theirs": theirs, "draft": draft}))
