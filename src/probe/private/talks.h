/*
 * talks - the dialects that aren't lines with a code, a file for each; and what all
 * dialects have in common.
 */
#pragma once

#include "base/err.h"
#include "probe/private/dialect.h"

/* A server that goes on and on is not believed. */
enum { MAX_LINES = 100 };

/* "the server said: …", of a text of len bytes; a NUL ends it. All return false. */
bool talk_refused(const char *text, size_t len, struct err *e);
/* The same of a server that gives no service now, or not to us: of TLS it says nothing. */
bool talk_turned_away(const char *text, size_t len, struct err *e);
bool talk_not_offered(const char *what, struct err *e);

/* A step: the answer of ManageSieve (RFC 5804). */
bool sieve_reply(const struct step *s, struct lines *l, struct err *e) NODISCARD;

bool xmpp_client_talk(const char *name, struct lines *l, struct err *e) NODISCARD;
bool xmpp_server_talk(const char *name, struct lines *l, struct err *e) NODISCARD;
bool ldap_talk(const char *name, struct lines *l, struct err *e) NODISCARD;
bool postgres_talk(const char *name, struct lines *l, struct err *e) NODISCARD;
bool mysql_talk(const char *name, struct lines *l, struct err *e) NODISCARD;
bool rdp_talk(const char *name, struct lines *l, struct err *e) NODISCARD;
bool mssql_talk(const char *name, struct lines *l, struct err *e) NODISCARD;
