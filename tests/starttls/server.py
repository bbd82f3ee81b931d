"""A server that plays every dialogue of dialogues.py, each on a port of its own of 127.0.0.1."""
import selectors
import socket
import ssl
import struct
import threading
import time

import dialogues


class Over(Exception):
    """The other side has left, or won't hear."""


class Connection:
    def __init__(self, sock, protocol, behaviour, server):
        self.sock, self.protocol, self.behaviour, self.server = sock, protocol, behaviour, server
        self.context = server.context
        self.tag = b"*"

    def say(self, text):
        text = text.replace(b"{tag}", self.tag)
        if self.behaviour != "split":
            self.sock.sendall(text)
            return
        for i in range(len(text)):
            self.sock.sendall(text[i:i + 1])
            time.sleep(0.002)  # so that each travels alone

    def hear(self, pattern):
        heard = b""
        while not pattern.fullmatch(heard):
            byte = self.sock.recv(1)
            if not byte or len(heard) > 4096:
                raise Over
            heard += byte
        self.tag = heard.split(b" ")[0]

    def wait(self):
        while self.sock.recv(4096):
            pass

    def handshake(self):
        if self.protocol == "mssql":
            self.tds_handshake()
        else:
            with self.context.wrap_socket(self.sock, server_side=True, suppress_ragged_eofs=True) as tls:
                self.farewell(tls)

    def farewell(self, tls):
        heard = b""
        try:
            while more := tls.recv(4096):
                heard += more
        except OSError:
            pass  # it has gone before all was said to it
        self.server.leaves((self.protocol, self.behaviour), heard)

    def tds_packet(self):
        header = self.exactly(8)
        if header[0] != 0x12:
            raise Over
        return self.exactly(struct.unpack(">H", header[2:4])[0] - 8)

    def exactly(self, n):
        got = b""
        while len(got) < n:
            more = self.sock.recv(n - len(got))
            if not more:
                raise Over
            got += more
        return got

    def tds_handshake(self):
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(into, out, server_side=True)
        done = False
        while not done:
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            data = out.read()
            while data:  # in two packets or more, as SQL Server may do it
                part, data = data[:1000], data[1000:]
                self.say(struct.pack(">BBHHBB", 0x12, not data, len(part) + 8, 0, 1, 0) + part)
            if not done:
                into.write(self.tds_packet())
        self.wait()

    def play(self):
        for step in dialogues.dialogue_of(self.protocol, self.behaviour):
            if isinstance(step, bytes):
                self.say(step)
            else:
                self.hear(step)
        if self.behaviour == "closed":
            return
        if self.behaviour in ("silent", "oversized", "garbage", "refuse"):
            self.wait()
            return
        self.handshake()

    def run(self):
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.play()
        except (Over, OSError):
            pass
        finally:
            self.sock.close()


class Server:
    """ports: {(protocol, behaviour): port}; what was said inside of TLS last, as soon as it is over."""

    def __init__(self, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.selector = selectors.DefaultSelector()
        self.ports = {}
        self.farewells = {}
        self.changed = threading.Condition()
        for case in dialogues.cases():
            listener = socket.create_server(("127.0.0.1", 0), backlog=16)
            self.selector.register(listener, selectors.EVENT_READ, case)
            self.ports[case] = listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def leaves(self, case, farewell):
        with self.changed:
            self.farewells[case] = farewell
            self.changed.notify_all()

    def farewell(self, case):
        """None: nothing within a minute, of a client that has gone."""
        with self.changed:
            self.changed.wait_for(lambda: case in self.farewells, 60)
            return self.farewells.get(case)

    def accept(self):
        while True:
            for key, _ in self.selector.select():
                sock, _ = key.fileobj.accept()
                threading.Thread(target=Connection(sock, *key.data, self).run, daemon=True).start()
