#!/usr/bin/python3
"""cut.py BYTES HOST PORT - a ProxyCommand whose connection is gone after so many bytes towards the host."""
import os
import select
import socket
import sys


def main(left, host, port):
    far = socket.create_connection((host, int(port)))
    while True:
        ready, _, _ = select.select([0, far], [], [])
        if 0 in ready:
            data = os.read(0, min(left, 4096))
            far.sendall(data)
            left -= len(data)
            if not data or left == 0:
                return
        if far in ready:
            data = far.recv(1 << 16)
            if not data:
                return
            while data:
                data = data[os.write(1, data) :]


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), *sys.argv[2:])
    except (BrokenPipeError, ConnectionError):
        pass
