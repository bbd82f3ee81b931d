/*
 * gate - how many sessions are in their handshake with one sshd at the same time.
 *
 * sshd drops connections at random once 10 of them haven't logged in yet (MaxStartups);
 * several inventory hosts may share an address (containers), and many a jump host.
 */
#pragma once

#include "ssh/ssh.h"

enum { GATE_WIDTH = 8 };

/*
 * Wait until there is a place at the host and at each jump host on the way there, and take
 * them all at once: one alone keeps nobody out. Every success needs a gate_leave.
 */
bool gate_enter(const struct ssh_config *c, int64_t deadline, struct err *e) NODISCARD;
void gate_leave(const struct ssh_config *c);
