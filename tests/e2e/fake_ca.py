#!/usr/bin/env python3
"""fake_ca - an ACME server that misbehaves as told.

    fake_ca.py DIR CERT KEY PORT

It issues for whoever asks and looks at no record, with a root of its own made by openssl. DIR/mode tells what
to do wrong, read anew at every request, one line for each place:

    PLACE ACTION [ARGUMENT]

PLACE is directory, new-nonce, new-account, account, key-change, new-order, authz, challenge, order, finalize, cert,
revoke or window. What is asked is written to DIR/log, one place a line, each signed payload to DIR/payloads,
which challenge was answered to DIR/methods;
DIR/ready appears when it listens. Signals go to the process in DIR/pid. Renewal windows are offered while DIR/window
holds one: what the answer is to be, "START END" in seconds from now and a URL if there is one.
"""

import base64
import http.server
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

DIR, CERT, KEY, PORT = sys.argv[1:5]
BASE = f"https://home.example.net:{PORT}"
PROBLEM = "urn:ietf:params:acme:error:"
lock = threading.Lock()
key = {"jwk": None}  # of the account
account = {"status": None, "contact": []}  # one; None: nobody has registered
revoked = set()  # DER, as base64url
orders = {}  # number: {"names": [...], "status": ..., "pem": ...}


def path(name):
    return os.path.join(DIR, name)


def openssl(*args, text=b""):
    return subprocess.run(["openssl", *args], input=text, check=True, capture_output=True).stdout


def make_root():
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", "/CN=Fake Root", "-keyout", path("root.key"), "-out", path("root.pem"))


def faults():
    """What is told for each place: {"cert": ["other-key"], …}"""
    try:
        with open(path("mode"), encoding="ascii") as f:
            return {words[0]: words[1:] for words in map(str.split, f) if words}
    except FileNotFoundError:
        return {}


def unpack(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def other_request():
    """A key and a request that nobody asked for."""
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=other",
            "-keyout", path("other.key"), "-outform", "DER", "-out", path("other.csr"))
    with open(path("other.csr"), "rb") as f:
        return f.read()


def sign(csr, names, days="90"):
    """Fullchain for a request (DER)."""
    extensions = path(f"ext.{secrets.token_hex(4)}")
    with open(extensions, "w", encoding="ascii") as f:
        f.write("subjectAltName=" + ",".join("DNS:" + n for n in names) + "\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid:always\n")
    leaf = openssl("x509", "-req", "-inform", "DER", "-days", days, "-CA", path("root.pem"), "-CAkey",
                   path("root.key"), "-set_serial", "0x" + secrets.token_hex(16), "-extfile", extensions, text=csr)
    os.unlink(extensions)
    with open(path("root.pem"), "rb") as f:
        return leaf + f.read()


def issue(order, csr, fault):
    """The chain, wrong in the way the fault says."""
    names = order["names"]
    if fault == "other-names":
        return sign(csr, ["other.example.net"])
    if fault == "expired":
        return sign(csr, names, days="-1")
    if fault == "other-key":
        return sign(other_request(), names)
    pem = sign(csr, names)
    if fault == "with-key":
        other_request()
        with open(path("other.key"), "rb") as f:
            pem += f.read()
    return pem


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out in one piece

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Replay-Nonce", secrets.token_urlsafe(12))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def say(self, value, status=200, **headers):
        self.answer(status, json.dumps(value).encode(), **headers)

    def problem(self, status, word, detail, **headers):
        body = json.dumps({"type": PROBLEM + word, "detail": detail, "status": status}).encode()
        self.answer(status, body, "application/problem+json", **headers)

    def hang_up(self):
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    # -- faults of the transport: each returns True if that was the whole answer

    def fault_html(self, _):
        self.answer(200, b"<html><body>It works!</body></html>", "text/html")

    def fault_garbage(self, _):
        self.answer(200, b'{"status": "pen')

    def fault_status(self, argument):
        self.problem(int(argument), "serverInternal", "the database is on fire")

    def fault_limit(self, seconds):
        self.problem(429, "rateLimited", "too many requests of you", Retry_After=seconds)

    def fault_badnonce(self, _):
        self.problem(400, "badNonce", "never seen that one")

    def fault_hang(self, _):
        time.sleep(120)

    def fault_close(self, _):
        self.hang_up()

    def fault_away(self, _):
        """From here on, whatever is asked, until DIR/away is removed."""
        with open(path("away"), "w", encoding="ascii"):
            pass
        self.hang_up()

    def fault_cut(self, _):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"status")
        self.hang_up()

    def misbehave(self, action, argument):
        fault = getattr(self, "fault_" + action, None)
        if action == "signal":
            with open(path("pid"), encoding="ascii") as f:
                os.kill(int(f.read()), getattr(signal, "SIG" + argument))
            time.sleep(0.3)
        if fault:
            fault(argument)
        return bool(fault)

    # -- ACME

    def order_json(self, number):
        order = orders[number]
        state = {
            "status": order["status"],
            "identifiers": [{"type": "dns", "value": n} for n in order["names"]],
            "authorizations": [f"{BASE}/authz/{number}/{i}" for i in range(len(order["names"]))],
            "finalize": f"{BASE}/finalize/{number}",
        }
        if order["status"] == "valid":
            state["certificate"] = f"{BASE}/cert/{number}"
        if self.fault == "invalid":
            state["status"] = "invalid"
            state["error"] = {"type": PROBLEM + "caa", "detail": "CAA record forbids it"}
        if faults().get("order") == ["processing"] and order["status"] == "valid":
            state["status"] = "processing"
        return state

    def do_directory(self, _):
        urls = {"newNonce": "new-nonce", "newAccount": "new-account", "newOrder": "new-order", "revokeCert": "revoke",
                "keyChange": "key-change"}
        if os.path.exists(path("window")):
            urls["renewalInfo"] = "window"
        meta = {"externalAccountRequired": True} if self.fault == "eab" else {}
        if self.fault == "caa":
            meta["caaIdentities"] = ["fake.example", "other.example"]
        if self.fault == "profiles":
            meta["profiles"] = {"classic": "90 days", "shortlived": "6 days"}
        self.say({key: f"{BASE}/{place}" for key, place in urls.items()} | {"meta": meta})

    def do_new_nonce(self, _):
        self.answer(200)

    def do_new_account(self, _):
        if self.fault == "forget":
            account.update(status=None, contact=[])
        stranger = self.jwk != key["jwk"]
        if (account["status"] is None or stranger) and self.payload.get("onlyReturnExisting"):
            self.problem(400, "accountDoesNotExist", "no account with that key")
            return
        if stranger:
            account.update(status=None, contact=[])
        status = 201 if account["status"] is None else 200
        key["jwk"] = self.jwk
        account.update(status=account["status"] or "valid", contact=self.payload.get("contact", account["contact"]))
        self.say(account, status, Location=BASE + "/account/1")

    def do_account(self, _):
        if self.fault == "forget":
            account.update(status=None, contact=[])
        if account["status"] is None:
            self.problem(400, "accountDoesNotExist", "never heard of it")
            return
        account.update(self.payload)
        self.say(account)

    def do_key_change(self, _):
        key["jwk"] = json.loads(unpack(self.payload["protected"]))["jwk"]
        if self.fault == "lost":
            self.hang_up()
            return
        if self.fault == "retried":  # the answer was lost, and what is tried after it has the wrong key
            self.problem(400, "malformed", "JWS verification error")
            return
        self.say({})

    def do_revoke(self, _):
        der = self.payload["certificate"]
        if der in revoked:
            self.problem(400, "alreadyRevoked", "long ago")
            return
        revoked.add(der)
        self.answer(200)

    def do_window(self, _):
        with open(path("window"), encoding="ascii") as f:
            start, end, *why = f.read().split()
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + int(t))) for t in (start, end)]
        answer = {"suggestedWindow": {"start": times[0], "end": times[1]}}
        if why:
            answer["explanationURL"] = why[0]
        self.say(answer, Retry_After="21600")

    def do_new_order(self, _):
        if self.fault == "replaced" and "replaces" in self.payload:
            self.problem(409, "alreadyReplaced", "by another order")
            return
        number = secrets.token_hex(4)
        names = [i["value"] for i in self.payload["identifiers"]]
        ready = faults().get("authz") == ["valid"]
        orders[number] = {"names": names, "status": "ready" if ready else "pending", "done": set()}
        self.say(self.order_json(number), 201, Location=f"{BASE}/order/{number}")

    def do_order(self, rest):
        self.say(self.order_json(rest[0]), Location=f"{BASE}/order/{rest[0]}")

    def do_authz(self, rest):
        number, i = rest
        order = orders[number]
        name = order["names"][int(i)]
        state = "valid" if i in order["done"] else "pending"
        challenge = {"type": "dns-01", "url": f"{BASE}/challenge/{number}/{i}", "token": f"t{number}{i}", "status": state}
        others = [
            challenge | {"type": "dns-account-01", "url": challenge["url"] + "/account"},
            {"type": "dns-persist-01", "url": challenge["url"] + "/persist", "status": state,
             "issuer-domain-names": ["fake.example", "other.example"], "accounturi": BASE + "/account/1"},
        ]
        if self.fault == "foreign":
            name = "www.example.org"
        if self.fault == "no-dns":
            challenge["type"] = "http-01"
            others = []
        if self.fault == "invalid" and state == "valid":
            state = challenge["status"] = "invalid"
            challenge["error"] = {"type": PROBLEM + "dns", "detail": "NXDOMAIN looking up TXT"}
        self.say({"status": state, "identifier": {"type": "dns", "value": name.removeprefix("*.")}, "challenges": [challenge] + others})

    def do_challenge(self, rest):
        number, i, *method = rest
        order = orders[number]
        with lock, open(path("methods"), "a", encoding="ascii") as f:
            f.write((method or ["dns-01"])[0] + "\n")
            order["done"].add(i)
            if len(order["done"]) == len(order["names"]):
                order["status"] = "ready"
        self.say({"type": "dns-01", "url": f"{BASE}/challenge/{number}/{i}", "token": f"t{number}{i}", "status": "processing"})

    def do_finalize(self, rest):
        order = orders[rest[0]]
        order["csr"] = unpack(self.payload["csr"])
        order["status"] = "valid"
        self.say(self.order_json(rest[0]), Location=f"{BASE}/order/{rest[0]}")

    def do_cert(self, rest):
        order = orders[rest[0]]
        if "pem" not in order:
            order["pem"] = issue(order, order["csr"], self.fault)
        links = {"Link": f'<{BASE}/alternate/{rest[0]}>;rel="alternate"'} if self.fault == "alternate" else {}
        self.answer(200, order["pem"], "application/pem-certificate-chain", **links)

    def do_alternate(self, rest):
        """The same certificate under another root: the first one, signed by a second."""
        leaf, root = orders[rest[0]]["pem"].split(b"-----END CERTIFICATE-----\n")[:2]
        end = b"-----END CERTIFICATE-----\n"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Older Root",
                "-keyout", path("older.key"), "-out", path("older.pem"))
        cross = openssl("x509", "-CA", path("older.pem"), "-CAkey", path("older.key"), "-set_serial", "7", "-preserve_dates",
                        text=root + end)
        self.answer(200, leaf + end + cross, "application/pem-certificate-chain")

    def serve(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        self.payload, self.jwk = {}, None
        if body:
            self.jwk = json.loads(unpack(json.loads(body)["protected"])).get("jwk")
            payload = unpack(json.loads(body)["payload"])
            self.payload = json.loads(payload) if payload else {}
        place, *rest = self.path.strip("/").split("/")
        with lock, open(path("log"), "a", encoding="ascii") as f:
            f.write(place + "\n")
        if self.payload:
            with lock, open(path("payloads"), "a", encoding="utf-8") as f:
                f.write(place + " " + json.dumps(self.payload) + "\n")
        if os.path.exists(path("away")):
            self.hang_up()
            return
        self.fault, argument = (faults().get(place, []) + ["", ""])[:2]
        if self.fault and self.misbehave(self.fault, argument):
            return
        getattr(self, "do_" + place.replace("-", "_"))(rest)

    def handle(self):
        try:
            super().handle()
        except (OSError, ssl.SSLError):
            pass  # the client went

    do_GET = do_HEAD = do_POST = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        with lock, open(path("trouble"), "a", encoding="utf-8") as f:
            f.write(repr(sys.exc_info()[1]) + "\n")


def main():
    make_root()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    server = Server(("10.53.0.1", int(PORT)), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with open(path("ready"), "w", encoding="ascii"):
        pass
    server.serve_forever()


main()
