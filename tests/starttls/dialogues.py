"""What a server says before the handshake, protocol by protocol, well and badly; and the verdict on each.

A dialogue is a list: bytes are said ("{tag}" becomes IMAP's tag), a compiled pattern is what must be heard.
"""
import re
import struct

BEHAVIOURS = {
    "normal": "as it should be",
    "split": "as it should be, byte by byte",
    "other": "as it should be, in another form",
    "bare-lf": "lines end in a bare line feed",
    "inject": "it adds bytes in the clear",
    "refuse": "it refuses",
    "away": "it gives no service now",
    "nocap": "it doesn't offer TLS",
    "silent": "it is silent",
    "oversized": "a line or packet without end",
    "closed": "it breaks off in its last reply",
    "garbage": "another protocol",
}
GARBAGE = b"\x80\xff\xfe\x01garbage\r\n"
NAME = "mail.example.net"


def hear(pattern):
    return re.compile(pattern, re.S)


def line(pattern):
    return hear(pattern + rb"\r\n")


STARTTLS = line(rb"STARTTLS")
EHLO = line(rb"(EHLO|LHLO) (\[127\.0\.0\.1\]|[a-z.]+)")
CAPABILITIES = line(rb"CAPABILITIES")

NS_TLS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
STREAM = hear(rb".*<stream:stream [^>]*to='mail\.example\.net'[^>]*>")
XMPP_STARTTLS = hear(rb"<starttls xmlns=['\"]urn:ietf:params:xml:ns:xmpp-tls['\"]/>")


def stream(features, of="client"):
    return (f"<?xml version='1.0'?><stream:stream xmlns='jabber:{of}' xmlns:stream='http://etherx.jabber.org/streams' "
            f"from='{NAME}' id='x' version='1.0'><stream:features>{features}</stream:features>").encode()


def stream_error(condition, of="client"):
    of_streams = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"
    return (f"<?xml version='1.0'?><stream:stream xmlns='jabber:{of}' xmlns:stream='http://etherx.jabber.org/streams' id='x' version='1.0'>"
            f"<stream:error><{condition} {of_streams}/><text {of_streams}>not now</text></stream:error></stream:stream>").encode()


def ldap(result, text=b"", length=lambda n: bytes([n]), message=1):
    body = b"\x0a\x01" + bytes([result]) + b"\x04\x00\x04" + bytes([len(text)]) + text
    response = b"\x02\x01" + bytes([message]) + b"\x78" + length(len(body)) + body
    return b"\x30" + length(len(response)) + response


def mysql_packet(payload):
    return struct.pack("<I", len(payload))[:3] + b"\0" + payload


def mysql_greeting(capabilities, version=b"8.0.36"):
    return mysql_packet(b"\x0a" + version + b"\0" + struct.pack("<I", 7) + b"abcdefgh\0" + struct.pack("<H", capabilities & 0xffff) +
                        b"\x21\x02\0" + struct.pack("<H", capabilities >> 16) + b"\x15" + bytes(10) + b"ijklmnopqrst\0" +
                        b"mysql_native_password\0")


def postgres_error(state, text):
    fields = b"SFATAL\0C" + state + b"\0M" + text + b"\0\0"
    return b"E" + struct.pack(">I", len(fields) + 4) + fields


def rdp(kind, value):
    return bytes.fromhex("030000130ed00000123400") + bytes([kind, 0, 8, 0]) + struct.pack("<I", value)


def prelogin(encryption):
    return bytes.fromhex("0401001a00000100" "0000 0b0006 010011 0001 ff".replace(" ", "")) + b"\x10\0\x03\xe8\0\0" + bytes([encryption])


LDAP_REQUEST = hear(rb"\x30.\x02\x01.\x77\x18\x80\x161\.3\.6\.1\.4\.1\.1466\.20037")
POSTGRES_REQUEST = hear(re.escape(bytes.fromhex("0000000804d2162f")))
MYSQL_REQUEST = hear(rb"\x20\0\0\x01.{32}")
RDP_REQUEST = hear(rb"\x03\0\0\x13\x0e\xe0.{13}")
TDS_REQUEST = hear(rb"\x12\x01\0\x1a.{22}")

SMTP = [b"220 mail.example.net ESMTP\r\n", EHLO, b"250-mail.example.net\r\n250-PIPELINING\r\n250 STARTTLS\r\n", STARTTLS,
        b"220 Go ahead\r\n"]
IMAP = [b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", line(rb"\S+ CAPABILITY"),
        b"* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n", line(rb"\S+ STARTTLS"), b"{tag} OK begin\r\n"]
POP3 = [b"+OK ready\r\n", line(rb"STLS"), b"+OK begin\r\n"]
NNTP = [b"200 news.example.net ready\r\n", CAPABILITIES, b"101 These:\r\nVERSION 2\r\nREADER\r\nSTARTTLS\r\n.\r\n", STARTTLS,
        b"382 Continue with TLS\r\n"]
SIEVE = [b'"IMPLEMENTATION" "x"\r\n"SIEVE" "fileinto"\r\n"STARTTLS"\r\nOK "ready"\r\n', STARTTLS, b'OK "begin"\r\n']
FTP = [b"220 ftp.example.net\r\n", line(rb"AUTH TLS"), b"234 Go ahead\r\n"]
IRC = [STARTTLS, b":irc.example.net 670 * :STARTTLS successful\r\n"]
PROCEED = f"<proceed {NS_TLS}/>".encode()
XMPP = [STREAM, stream(f"<starttls {NS_TLS}><required/></starttls>"), XMPP_STARTTLS, PROCEED]
XMPP_S2S = [STREAM, stream(f"<starttls {NS_TLS}/>", "server"), XMPP_STARTTLS, PROCEED]
LDAP = [LDAP_REQUEST, ldap(0)]
POSTGRES = [POSTGRES_REQUEST, b"S"]
MYSQL = [mysql_greeting(0xffffffff), MYSQL_REQUEST]
RDP = [RDP_REQUEST, rdp(2, 1)]
MSSQL = [TDS_REQUEST, prelogin(1)]

XMPP_FAILURE = f"<failure {NS_TLS}/></stream:stream>".encode()
XMPP_OVERSIZED = b"<stream:stream a='" + b"x" * 40000

# normal; another form; injected; the refusal in place of the last reply; without TLS; what is too long.
# A dialogue stands for itself; bytes take the place of the last reply. None: there is no such thing.
PROTOCOLS = {
    "smtp": (SMTP, [b"220-mail\r\n220-ESMTP\r\n220\r\n", EHLO, b"250-mail\r\n250-SIZE 1\r\n250-starttls\r\n250 HELP\r\n", STARTTLS,
                    b"220-Go\r\n220 ahead\r\n"],
             b"250 injected\r\n", b"454 TLS not available\r\n",
             [SMTP[0], EHLO, b"250-mail\r\n250 PIPELINING\r\n", *SMTP[3:]], b"220-" + b"x" * 8000 + b"\r\n"),
    "lmtp": (SMTP, [b"220-mail\r\n220 LMTP\r\n", EHLO, b"250-mail\r\n250-STARTTLS\r\n250 SIZE\r\n", STARTTLS, b"220 Go\r\n"],
             b"250 injected\r\n", b"454 TLS not available\r\n",
             [SMTP[0], EHLO, b"250-mail\r\n250 PIPELINING\r\n", *SMTP[3:]], b"220-" + b"x" * 8000 + b"\r\n"),
    "imap": (IMAP, [b"* OK\r\n", IMAP[1], b"* NO a disk is full\r\n* CAPABILITY IMAP4rev1 starttls\r\n{tag} OK\r\n", IMAP[3],
                    b"* OK still here\r\n{tag} OK\r\n"],
             b"* CAPABILITY AUTH=PLAIN\r\n", b"{tag} NO not now\r\n",
             [b"* OK\r\n", IMAP[1], b"* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n", *IMAP[3:]], b"* OK " + b"x" * 8000 + b"\r\n"),
    "pop3": (POP3, [b"+OK\r\n", POP3[1], b"+OK\r\n"], b"+OK injected\r\n", b"-ERR [SYS/TEMP] not now\r\n",
             b"-ERR unknown command\r\n", b"+OK " + b"x" * 8000 + b"\r\n"),
    "nntp": (NNTP, [b"201 no posting\r\n", CAPABILITIES, b"500 What?\r\n", STARTTLS, b"382\r\n"], b"200 injected\r\n",
             b"580 Can not initiate TLS\r\n", [NNTP[0], CAPABILITIES, b"101 These:\r\nVERSION 2\r\nREADER\r\n.\r\n", *NNTP[3:]],
             b"200 " + b"x" * 8000 + b"\r\n"),
    "sieve": (SIEVE, [b'{14}\r\nIMPLEMENTATION {1+}\r\nx\r\n"starttls"\r\nOK\r\n', STARTTLS, b"OK\r\n"],
              b'"SASL" "PLAIN"\r\nOK\r\n', b'NO (TRYLATER) "not now"\r\n',
              [b'"IMPLEMENTATION" "STARTTLS"\r\nOK "ready"\r\n', *SIEVE[1:]], b'"IMPLEMENTATION" "' + b"x" * 8000 + b'"\r\n'),
    "ftp": (FTP, [b"120 Wait\r\n220-Welcome\r\n 220 of them\r\n220 Now\r\n", FTP[1], b"234-Go\r\n234 ahead\r\n"], b"230 injected\r\n",
            b"431 No security resource\r\n", b"502 AUTH not implemented\r\n", b"220-" + b"x" * 8000 + b"\r\n"),
    "irc": (IRC, [b":irc NOTICE * :*** Looking up your hostname\r\n", STARTTLS, b":irc NOTICE * :*** Found\r\n:irc 670 * :Go\r\n"],
            b":irc 001 x :injected\r\n", b":irc 691 * :STARTTLS failed\r\n", b":irc 421 * STARTTLS :Unknown command\r\n",
            b":irc NOTICE " + b"x" * 8000 + b"\r\n"),
    "xmpp-client": (XMPP, [STREAM, XMPP[1].replace(b"'", b'"').replace(b"><", b">\n<"), XMPP_STARTTLS,
                           f"<proceed {NS_TLS}></proceed>".encode()],
                    b"<iq/>", XMPP_FAILURE, [STREAM, stream("<mechanisms xmlns='x'/>"), *XMPP[2:]], XMPP_OVERSIZED),
    "xmpp-server": (XMPP_S2S, [STREAM, XMPP_S2S[1].replace(b"'", b'"'), XMPP_STARTTLS, PROCEED],
                    b"<iq/>", XMPP_FAILURE, [STREAM, stream("", "server"), *XMPP_S2S[2:]], XMPP_OVERSIZED),
    "ldap": (LDAP, [LDAP_REQUEST, ldap(0, length=lambda n: b"\x84" + struct.pack(">I", n))], b"\x30", ldap(52, b"not now"),
             ldap(2, b"unsupported extended operation"), b"\x30\x84\x00\x10\x00\x00" + b"x" * 8000),
    "postgres": (POSTGRES, None, b"N", postgres_error(b"0A000", b"not here"), b"N", b"E\x00\x10\x00\x00" + b"x" * 8000),
    "mysql": (MYSQL, [mysql_greeting(0xfffff7fe | 0x800, b"5.5.5-10.11.6-MariaDB"), MYSQL_REQUEST], b"\0",
              None, mysql_greeting(0xfffff7ff), b"\xff\xff\xff\0\x0a" + b"x" * 8000),
    "rdp": (RDP, [RDP_REQUEST, rdp(2, 2)], b"\x03", rdp(3, 3), rdp(2, 0), b"\x03\0\xff\xff" + b"x" * 8000),
    "mssql": (MSSQL, [TDS_REQUEST, prelogin(3)], b"\x04", None, prelogin(2), b"\x04\x01\xff\xff\0\0\x01\0" + b"x" * 8000),
}
# Who comes is turned away: in place of the first reply.
AWAY = {
    "smtp": b"421 4.3.2 not now\r\n",
    "lmtp": b"421 4.3.2 not now\r\n",
    "imap": b"* BYE not now\r\n",
    "pop3": b"-ERR [SYS/TEMP] not now\r\n",
    "nntp": b"400 not now\r\n",
    "sieve": b'BYE (TRYLATER) "not now"\r\n',
    "ftp": b"421 not now\r\n",
    "irc": b"ERROR :Closing Link: not now\r\n",
    "xmpp-client": stream_error("resource-constraint"),
    "xmpp-server": stream_error("system-shutdown", "server"),
    "ldap": ldap(52, b"not now", message=0),
    "postgres": postgres_error(b"53300", b"not now"),
    "mysql": mysql_packet(b"\xff\x10\x04not now"),
}
# What certpush says inside of TLS before it goes; of the others, nothing. MySQL's is a login that isn't counted against max_connect_errors.
FAREWELLS = {
    **dict.fromkeys(("smtp", "lmtp", "pop3", "nntp", "ftp", "irc"), b"QUIT\r\n"),
    "imap": b"a3 LOGOUT\r\n",
    "sieve": b"LOGOUT\r\n",
    "ldap": b"\x30\x05\x02\x01\x02\x42\x00",
    "mysql": struct.pack("<I", 42 | 2 << 24) + struct.pack("<IIB23x", 0x8a00, 1 << 24, 33) + b"certpush\0\0",
}
LINES = ("smtp", "lmtp", "imap", "pop3", "nntp", "sieve", "ftp", "irc")

# What certpush must say: a verdict, and a pattern for its words.
VERDICTS = {
    "normal": ("ok", ""),
    "split": ("ok", ""),
    "other": ("ok", ""),
    "bare-lf": ("ok", ""),
    "inject": ("no TLS", r"^\d+ bytes in the clear behind the go-ahead for TLS$"),
    "refuse": ("no TLS", r"^the server said: "),
    "away": ("unreachable", r"^the server said: .*not now$"),
    "nocap": ("no TLS", r"^the server doesn't offer (STARTTLS|TLS)$"),
    "silent": ("unreachable", "^timed out$"),
    "oversized": ("no TLS", r"^(a line of over 4096 bytes|an answer of \d+ bytes, where 4096 are the most)$"),
    "closed": ("unreachable", "closed the connection"),
    "garbage": ("no TLS", r"^(the server said: |an answer that is no (XMPP|LDAP|PostgreSQL|RDP|TDS)|a greeting that is no MySQL)"),
}
WORDS = {  # where they are others
    ("pop3", "nocap"): "^the server said: -ERR unknown command$",
    ("ftp", "nocap"): "^the server said: 502 AUTH not implemented$",
    ("irc", "nocap"): "^the server said: :irc 421 ",
    ("ldap", "nocap"): r"^the server said: protocolError \(2\): unsupported extended operation$",
    ("ldap", "refuse"): r"^the server said: unavailable \(52\): not now$",
    ("postgres", "refuse"): "^the server said: not here$",
    ("sieve", "refuse"): r"^the server said: NO \(TRYLATER\) not now$",
    ("rdp", "refuse"): "^the server said: SSL_CERT_NOT_ON_SERVER$",
    ("rdp", "oversized"): "^an answer that is no RDP$",
    ("xmpp-client", "oversized"): "^a stream's start of over 32768 bytes$",
    ("xmpp-server", "oversized"): "^a stream's start of over 32768 bytes$",
}


def verdict(protocol, behaviour):
    word, words = VERDICTS[behaviour]
    return word, WORDS.get((protocol, behaviour), words)


def first_said(dialogue):
    return next(i for i, step in enumerate(dialogue) if isinstance(step, bytes))


def last_said(dialogue):
    return max(i for i, step in enumerate(dialogue) if isinstance(step, bytes))


def with_last(dialogue, text):
    """The dialogue up to its last reply, for which text stands; nothing is heard after it."""
    return [*dialogue[:last_said(dialogue)], text]


def dialogue_of(protocol, behaviour):
    """None: this protocol has no such thing."""
    normal, other, injected, refusal, without, oversized = PROTOCOLS[protocol]
    last = normal[last_said(normal)]
    first = normal[:first_said(normal)]
    if behaviour == "bare-lf":
        return [s.replace(b"\r\n", b"\n") if isinstance(s, bytes) else s for s in normal] if protocol in LINES else None
    if behaviour == "inject":
        return [*with_last(normal, last + injected), *normal[last_said(normal) + 1:]]
    if behaviour == "away":
        return [*first, AWAY[protocol]] if protocol in AWAY else None
    if behaviour == "refuse":
        return refusal and with_last(normal, refusal)
    if behaviour == "nocap":
        return without if isinstance(without, list) else with_last(normal, without)
    return {"normal": normal, "split": normal, "other": other, "silent": [], "oversized": [*first, oversized],
            "closed": with_last(normal, last[:len(last) // 2]), "garbage": [*first, GARBAGE]}[behaviour]


def cases():
    return [(p, b) for p in PROTOCOLS for b in BEHAVIOURS if dialogue_of(p, b) is not None]
