/*
 * gate - how many sessions are in their handshake with one address at the same time.
 *
 * sshd drops connections at random once 10 of them haven't logged in yet (MaxStartups);
 * several inventory hosts may share an address (a jump host, containers).
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

enum { GATE_WIDTH = 8 };

/* Wait for a place; every success needs a gate_leave. */
bool gate_enter(const char *address, int port, int64_t deadline, struct err *e) NODISCARD;
void gate_leave(const char *address, int port);
