/*
 * tds - packets of TDS 7, Microsoft SQL Server's protocol, and the handshake in them.
 */
#pragma once

#include "base/macros.h"

#include <stdbool.h>

enum { TDS_REPLY = 0x04, TDS_PRELOGIN = 0x12 }; /* the first byte of its header */
enum { TDS_HEADER = 8, TDS_PACKET = 4096 };     /* sizes; of a packet before the login */

/*
 * Until the handshake is over, its records travel in packets ([MS-TDS] 2.2.6.5), and bare
 * after it. fd is not owned. False: no memory.
 */
struct ssl_st;
bool tds_wrap(struct ssl_st *ssl, int fd) NODISCARD;
