"""Fills a new Tryton with one MSP and two customers, for the adapter's tests. Prints what the tests have to know as JSON.

Usage: seed.py CONFIG DATABASE SERVICE_PASSWORD
"""
import datetime
import json
import sys
from decimal import Decimal

from proteus import Model, Wizard, config

conf = config.set_trytond(f"sqlite:///{sys.argv[2]}", user="admin", config_file=sys.argv[1])

from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company
from trytond.modules.currency.tests.tools import get_currency

today = datetime.date.today()


def company_of(name, code):
    """A company with a chart of accounts and a fiscal year."""
    Party, Company = Model.get("party.party"), Model.get("company.company")
    party = Party(name=name)
    party.save()
    made = Company(party=party, currency=get_currency(code))
    made.save()
    User = Model.get("res.user")
    user = User(conf.user)
    user.companies.append(Company(made.id))
    user.company = Company(made.id)
    user.save()
    conf._context = User.get_preferences(True, {})
    create_chart(made)
    year = set_fiscalyear_invoice_sequences(create_fiscalyear(made))
    year.click("create_period")
    return made, get_accounts(made)


def invoice(party, accounts, lines, state, kind="out", term=None, **more):
    Invoice = Model.get("account.invoice")
    made = Invoice(type=kind, party=party, invoice_date=more.pop("date", today), **more)
    account = accounts["revenue" if kind == "out" else "expense"]
    for text, quantity, price in lines:
        line = made.lines.new()
        line.account, line.description, line.quantity, line.unit_price = account, text, quantity, Decimal(price)
    note = made.lines.new()
    note.type, note.description = "comment", "Thank you for your trust."
    if term:
        made.payment_term = term
    made.save()
    if state != "draft":
        made.click("post" if state in ("posted", "paid", "part") else state)
    return made


def term():
    Term = Model.get("account.invoice.payment_term")
    made = Term(name="14 days")
    line = made.lines.new()
    line.type = "remainder"
    line.relativedeltas.new().days = 14
    made.save()
    return made


def pay(made, amount, journal, state):
    Payment, Line = Model.get("account.payment"), Model.get("account.move.line")
    line = Line(made.lines_to_pay[0].id)
    payment = Payment(journal=journal, kind="receivable", party=made.party, line=line)
    payment.amount, payment.date = Decimal(amount), today
    payment.save()
    if state == "draft":
        return payment
    payment.click("submit")
    if state == "submitted":
        return payment
    payment.click("process_wizard")
    payment.reload()
    payment.click({"succeeded": "succeed", "failed": "fail"}[state])
    return payment


def settle(made, cash):
    """Pays an invoice in full, by the wizard that people use."""
    wizard = Wizard("account.invoice.pay", [made])
    wizard.form.payment_method = cash
    wizard.form.date = today
    wizard.execute("choice")
    made.reload()


first, accounts = company_of("Example MSP", "GBP")
Party = Model.get("party.party")
acme, globex = Party(name="Acme Ltd", code="ACME"), Party(name="Globex GmbH", code="GLOBEX")
for party in (acme, globex):
    party.account_receivable, party.account_payable = accounts["receivable"], accounts["payable"]
    party.save()

Sequence = Model.get("ir.sequence")
Journal = Model.get("account.journal")
cash_journal = Journal.find([("type", "=", "cash")])[0]
Method = Model.get("account.invoice.payment.method")
cash = Method(name="Cash", company=first, journal=cash_journal, credit_account=accounts["cash"],
              debit_account=accounts["cash"])
cash.save()
PaymentJournal = Model.get("account.payment.journal")
journal = PaymentJournal(name="Bank 4242424242424242", process_method="manual", currency=first.currency, company=first)
journal.save()

terms = term()
seats = [("Managed seats", 25, "12.50"), ("On-site visit", 1, "80.00")]
day = datetime.timedelta(days=1)
base = max(today - 3 * day, datetime.date(today.year, 1, 1))
posted = invoice(acme, accounts, seats, "posted", date=base, term=terms, reference="PO-77")
paid = invoice(acme, accounts, [("Setup", 1, "100.00")], "paid", date=base)
settle(paid, cash)
draft = invoice(acme, accounts, [("Not yet", 2, "7.05")], "draft")
cancelled = invoice(acme, accounts, [("Mistake", 1, "9.99")], "cancel")
validated = invoice(acme, accounts, [("Checked", 1, "1.00")], "validate_invoice")
part = invoice(acme, accounts, [("Project", 3, "33.333")], "posted", date=today)
theirs = invoice(globex, accounts, [("Firewall", 1, "999.95")], "posted", date=today)
supplier = invoice(acme, accounts, [("Acme sold us something", 1, "55.00")], "validate_invoice", kind="in")
succeeded = pay(part, "40.00", journal, "succeeded")
failed = pay(part, "20.00", journal, "failed")
waiting = pay(posted, "10.00", journal, "draft")
foreign_payment = pay(theirs, "99.95", journal, "succeeded")

# Another company of the same Tryton, with an invoice to the same party.
other, other_accounts = company_of("Example MSP Two", "EUR")
acme_there = Party(acme.id)
acme_there.account_receivable, acme_there.account_payable = other_accounts["receivable"], other_accounts["payable"]
acme_there.save()
elsewhere = invoice(acme_there, other_accounts, [("Of the other company", 1, "77.00")], "posted", date=today)

# The account that Postern uses: reads, and in the first company alone.
User, Group = Model.get("res.user"), Model.get("res.group")
service = User(name="Postern", login="postern", password=sys.argv[3])
service.companies.append(type(first)(first.id))
service.company = type(first)(first.id)
for group in Group.find([("name", "in", ["Account", "Payment"])]):
    service.groups.append(group)
service.save()

print(json.dumps({
    "company": first.id, "other_company": other.id, "acme": acme.id, "globex": globex.id,
    "posted": posted.id, "paid": paid.id, "draft": draft.id, "cancelled": cancelled.id, "validated": validated.id,
    "part": part.id, "theirs": theirs.id, "supplier": supplier.id, "elsewhere": elsewhere.id,
}))
