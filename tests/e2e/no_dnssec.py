#!/usr/bin/env python3
"""no_dnssec - a resolver of the old kind: passes questions on, but not the wish for signatures.

    no_dnssec.py ADDRESS PORT TO-PORT
"""
import socket
import sys

OPT = b"\0\0\x29"  # the root, type 41: size, extended code and version, flags follow


def without_do(question):
    at = question.rfind(OPT) + len(OPT) + 4
    return question if at < 12 else question[:at] + b"\0\0" + question[at + 2:]


def main():
    address, port, to_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, port))
    while True:
        question, asker = server.recvfrom(4096)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onward:
            onward.settimeout(5)
            onward.sendto(without_do(question), (address, to_port))
            try:
                server.sendto(onward.recv(4096), asker)
            except OSError:
                pass  # the asker asks again


main()
