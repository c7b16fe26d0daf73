"""A mail server of others (aiosmtpd) that demands encryption and credentials and keeps what it takes. sink.py DIRECTORY PORT

Writes its certificate to `ca.pem`, its port to `port` once it listens, and each mail with its envelope to `N.json`.
"""

import datetime
import ipaddress
import json
import os
import signal
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

directory = sys.argv[1]


def certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), False).sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for file, text in (("ca.pem", made.public_bytes(serialization.Encoding.PEM)), ("key.pem", secret)):
        with open(os.path.join(directory, file), "wb") as out:
            out.write(text)


class Keep:
    taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        mail = {
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode(),
            "tls": session.ssl is not None, "user": session.auth_data and session.auth_data.decode(),
        }
        path = os.path.join(directory, f"{self.taken}.json")
        with open(path + ".new", "w") as out:
            json.dump(mail, out)
        os.rename(path + ".new", path)
        return "250 OK"


def known(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"postern", b"sink-password-1")
    return AuthResult(success=right, auth_data=data.login if right else None)


certificate()
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(os.path.join(directory, "ca.pem"), os.path.join(directory, "key.pem"))
controller = Controller(
    Keep(), hostname="127.0.0.1", port=int(sys.argv[2]), tls_context=context, require_starttls=True,
    auth_required=True, authenticator=known,
)
controller.start()
with open(os.path.join(directory, "port.new"), "w") as out:
    out.write(sys.argv[2])
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: done.set())
done.wait()
controller.stop()
