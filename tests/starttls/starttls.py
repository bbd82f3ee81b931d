#!/usr/bin/env python3
"""starttls.py - what is made of every way in which a server may begin TLS, or not begin it.

    starttls.py check CERTPUSH      certpush's verdict on each, against the table in dialogues.py; all are asked at once
    starttls.py compare CERTPUSH    the table of docs/starttls.md: the same, and what `openssl s_client` does

Needs openssl and python3; no root, and no network but 127.0.0.1.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import dialogues  # noqa: E402
from server import Server  # noqa: E402

PATIENCE = 15  # seconds for one s_client
S_CLIENT = {"xmpp-client": "xmpp"}  # its name of it
UNKNOWN = ("rdp", "mssql")  # to s_client


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def make_certificates(where):
    """A root, and a leaf of it for dialogues.NAME; in the store's layout."""
    own = where / "certs" / dialogues.NAME
    own.mkdir(parents=True, mode=0o700)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-days", "30", "-subj", "/CN=Root", "-keyout", where / "root.key", "-out", where / "root.pem")
    openssl("req", *curve, "-subj", "/CN=mail", "-keyout", own / "privkey.pem", "-out", where / "request.pem")
    (where / "extensions").write_text(f"subjectAltName=DNS:{dialogues.NAME}\n")
    openssl("x509", "-req", "-in", where / "request.pem", "-days", "20", "-CA", where / "root.pem", "-CAkey", where / "root.key",
            "-CAcreateserial", "-extfile", where / "extensions", "-out", own / "cert.pem")
    (own / "chain.pem").write_text("")
    (own / "fullchain.pem").write_bytes((own / "cert.pem").read_bytes())
    return own


def service_of(case):
    return "_".join(case)


def make_settings(where, ports):
    (where / "certpush.yml").write_text("store: certs\ntrust: root.pem\ninventory: hosts.yml\nplaybooks: [playbooks]\n"
                                        f"certificates: {{{dialogues.NAME}: {{names: [{dialogues.NAME}]}}}}\n")
    (where / "playbooks").mkdir()
    (where / "playbooks" / "all.yml").write_text("".join(
        f"- {{service: {service_of(case)}, checks: [{{protocol: {case[0]}, port: {port}}}]}}\n" for case, port in ports.items()))
    (where / "hosts.yml").write_text("all:\n  hosts:\n    local:\n      ansible_host: 127.0.0.1\n      certpush:\n" + "".join(
        f"        {service_of(case)}: {{certificate: {dialogues.NAME}}}\n" for case in ports))


def ask_certpush(certpush, where, ports):
    """{case: (verdict, detail)}, all by one run."""
    make_settings(where, ports)
    env = {**os.environ, "HOME": str(where), "XDG_CONFIG_HOME": str(where / "none")}
    run = subprocess.run([certpush, "-c", where / "certpush.yml", "check-remote", "--format", "json"], env=env, capture_output=True,
                         text=True, check=False)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    told = {e["service"]: (e["verdict"], e.get("detail", "")) for e in events if e["event"] == "probe"}
    if len(told) != len(ports) or run.returncode != 1:
        sys.exit(f"starttls.py: {len(told)} verdicts on {len(ports)} services, status {run.returncode}: {run.stderr[-2000:]}")
    return {case: told[service_of(case)] for case in ports}


def as_designed(case, answer):
    word, words = dialogues.verdict(*case)
    return answer[0] == word and re.search(words, answer[1]) is not None


def check(certpush, where, server):
    wrong = 0
    for case, answer in ask_certpush(certpush, where, server.ports).items():
        if not as_designed(case, answer):
            print(f"{' '.join(case)}: {answer[0]}: {answer[1]!r}, not {dialogues.verdict(*case)}")
            wrong += 1
    for protocol in dialogues.PROTOCOLS:
        wanted = dialogues.FAREWELLS.get(protocol, b"")
        said = server.farewell((protocol, "normal")) if protocol != "mssql" else b""  # whose TLS is not a socket's here
        if said != wanted:
            print(f"{protocol}: its last word was {said!r}, not {wanted!r}")
            wrong += 1
    print(f"{len(server.ports)} dialogues, {wrong} not as designed")
    return 1 if wrong else 0


def ask_s_client(where, case, port):
    """handshake, fails, or hangs."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-starttls", S_CLIENT.get(case[0], case[0]), "-servername",
               dialogues.NAME, "-xmpphost", dialogues.NAME, "-CAfile", where / "root.pem"]
    if not case[0].startswith("xmpp"):
        del command[-4:-2]
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return "hangs"
    return "handshake" if b"-----BEGIN CERTIFICATE-----" in run.stdout else "fails"


def cell(case, answers):
    """What is right is told briefly, what is wrong in bold."""
    if case not in answers:
        return ""
    right = "handshake" if dialogues.VERDICTS[case[1]][0] == "ok" else "fails"
    return "right" if answers[case] == right else f"**{answers[case]}**"


def compare(certpush, where, server):
    ports = server.ports
    ours = ask_certpush(certpush, where, ports)
    known = [case for case in ports if case[0] not in UNKNOWN]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        theirs = dict(zip(known, pool.map(lambda case: ask_s_client(where, case, ports[case]), known)))
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.split()[1]
    well = sum(as_designed(case, answer) for case, answer in ours.items())
    print(f"certpush: {well} of {len(ours)} as they should be; `openssl s_client` {version}: "
          f"{sum(cell(case, theirs) == 'right' for case in known)} of {len(known)}.\n")
    columns = [p for p in dialogues.PROTOCOLS if p not in UNKNOWN]
    print("| what the server does | certpush | s_client: " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 2) + "|")
    for behaviour, what in dialogues.BEHAVIOURS.items():
        asked = [case for case in ports if case[1] == behaviour]
        well = sum(as_designed(case, ours[case]) for case in asked)
        print(f"| {what} | {dialogues.VERDICTS[behaviour][0]}, {well} of {len(asked)} | "
              + " | ".join(cell((p, behaviour), theirs) for p in columns) + " |")
    return 0


def main():
    verbs = {"check": check, "compare": compare}
    if len(sys.argv) != 3 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    certpush = os.path.realpath(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="certpush-starttls-") as name:
        where = pathlib.Path(name)
        own = make_certificates(where)
        server = Server(own / "fullchain.pem", own / "privkey.pem")
        return verbs[sys.argv[1]](certpush, where, server)


if __name__ == "__main__":
    sys.exit(main())
