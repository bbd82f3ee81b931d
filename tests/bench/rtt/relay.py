#!/usr/bin/python3
"""relay.py FILE HOST PORT - a ProxyCommand that counts round trips, not milliseconds.

It stands for a line so long that whatever the two sides compute is nothing beside it: what both have to say is gathered until
they are silent, and then crosses at once. Each side has a clock, counted in crossings: what it sends arrives one later than
the last that it had heard. So what is said in several pieces, or by both at the same time, counts once, and what waits for an
answer counts twice. FILE gets the round trips until the last byte that this side was sent, with the one of TCP's own.

A machine that is too slow for the silence makes it more, never less. What a server's Nagle holds back on a real line isn't in it.
"""
import os
import select
import socket
import sys

SILENCE = 0.15  # seconds


def main(path, host, port):
    far = socket.create_connection((host, int(port)))
    far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    near_in, near_out = sys.stdin.buffer.fileno(), sys.stdout.buffer.fileno()
    heard = {"near": 0, "far": 0}
    pending = {"near": b"", "far": b""}
    reads = {near_in: "near", far.fileno(): "far"}
    name = f"{path}.{os.getpid()}"
    while reads:
        ready, _, _ = select.select(list(reads), [], [], SILENCE if any(pending.values()) else None)
        for fd in ready:
            data = os.read(fd, 1 << 16)
            pending[reads[fd]] += data
            if not data:
                del reads[fd]
        if ready and reads:
            continue
        sent = {side: heard[side] + 1 for side in pending if pending[side]}
        heard["far"] = max(heard["far"], sent.get("near", 0))
        heard["near"] = max(heard["near"], sent.get("far", 0))
        # before it crosses: who has heard the last of it ends this
        with open(name + ".new", "w", encoding="ascii") as out:
            print(1 + heard["near"] / 2, file=out)
        os.rename(name + ".new", name)
        far.sendall(pending["near"])
        view = memoryview(pending["far"])
        while view:
            view = view[os.write(near_out, view) :]
        pending = {"near": b"", "far": b""}
        if len(reads) < 2:
            return


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (BrokenPipeError, ConnectionError):
        pass
