/*
 * dialect - what is said before the handshake, protocol by protocol, as a table of steps.
 */
#pragma once

#include "base/err.h"
#include "probe/private/lines.h"

enum step_kind {
	STEP_END,
	STEP_SEND,     /* text, as it is */
	STEP_REPLY,    /* a numeric reply, one line or several, that begins with text */
	STEP_GREETING, /* IMAP's untagged greeting */
	STEP_TAGGED,   /* IMAP's answer to the tag in text, and what comes before it */
};

struct step {
	enum step_kind kind;
	const char *text;
	const char *offers; /* a word that must be among the reply's, or NULL */
};

struct dialect {
	const char *name, *title;
	int port;
	const struct step *steps; /* NULL: TLS from the first byte */
	const char *bye;          /* said inside TLS before leaving, or NULL */
};

/* NULL if the protocol isn't known. */
const struct dialect *dialect_find(const char *name);

/*
 * Talk up to the point where the handshake begins. ERR_PROTOCOL: the server refused,
 * doesn't offer STARTTLS, sent bytes ahead of the handshake, or spoke nonsense; ERR_NET,
 * ERR_TIMEOUT.
 */
bool dialect_speak(const struct dialect *d, struct lines *l, struct err *e) NODISCARD;
