"""Starts localstripe on 127.0.0.1 alone. start.py PORT

It speaks the API as it was some years ago. What the version that Postern names has in addition is added here, made of
localstripe's own records: what is left of an invoice and its page, how it was paid, prices beside plans, and two filters.
"""

import sys

from aiohttp import web
from localstripe import resources
from localstripe.resources import Charge, Invoice, List, PaymentMethod, Store, SubscriptionItem


class InvoicePayment:
    """With what an invoice was paid, or tried to be."""

    def __init__(self, invoice):
        self.id, self._invoice = f"inpay_{invoice.id[3:]}", invoice

    def _export(self, expand=None):
        return {
            "id": self.id, "object": "invoice_payment", "livemode": False, "invoice": self._invoice.id,
            "payment": {"type": "payment_intent", "payment_intent": self._invoice.payment_intent},
        }


def payments_of(invoice):
    found = List("/v1/invoice_payments")
    found._list = [InvoicePayment(invoice)] if invoice.payment_intent else []
    return found


def price_of(item):
    plan = item.plan
    return {
        "id": plan.id, "object": "price", "livemode": False, "currency": plan.currency, "nickname": plan.nickname,
        "unit_amount": plan.amount, "recurring": {"interval": plan.interval, "interval_count": plan.interval_count},
    }


def paid_with(charge):
    method = PaymentMethod._api_retrieve(charge.payment_method)
    return {"type": method.type, "card": {"last4": method.card["last4"]}}


def filtered(kind, name):
    """Gives the list of a kind a filter by one of its fields."""
    plain = kind._api_list_all.__func__

    def listed(cls, url, **query):
        wanted = query.pop(name, None)
        found = plain(cls, url, **query)
        if wanted is not None:
            found._list = [it for it in found._list if getattr(it, name) == wanted]
        return found

    kind._api_list_all = classmethod(listed)


# Nothing is kept in its file of a fixed name.
Store.dump_to_disk = lambda self: None
Invoice.amount_remaining = property(lambda it: it.amount_due - it.amount_paid)
Invoice.hosted_invoice_url = property(lambda it: None if it.status == "draft" else f"https://pay.example/{it.id}")
Invoice.payments = property(payments_of)
Charge.payment_method_details = property(paid_with)
SubscriptionItem.price = property(price_of)
filtered(Invoice, "status")
filtered(Charge, "payment_intent")
resources.extra_apis.append(
    ("GET", "/v1/invoice_payments", lambda invoice, limit=None: payments_of(Invoice._api_retrieve(invoice)))
)

# Its routes are made when it is imported.
from localstripe import server  # noqa: E402

web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
