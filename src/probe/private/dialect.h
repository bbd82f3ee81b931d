/*
 * dialect - what is said before the handshake, protocol by protocol, as a table of steps.
 */
#pragma once

#include "base/err.h"
#include "probe/private/lines.h"

enum step_kind {
	STEP_END,
	STEP_SEND,   /* text, as it is */
	STEP_HELLO,  /* text, and who we are */
	STEP_REPLY,  /* a numeric reply, one line or several, that begins with text */
	STEP_FTP,    /* FTP's: only the first line and the last have the number */
	STEP_LIST,   /* NNTP's capabilities, as a reader if need be; text begins the list */
	STEP_LINE,   /* one line that begins with text */
	STEP_TAGGED, /* IMAP's answer to the tag in text, and what comes before it */
	STEP_SIEVE,  /* strings, then "OK" */
	STEP_IRC,    /* the numeric in text, and the notices that come before it */
};

struct step {
	enum step_kind kind;
	const char *text;
	const char *offers; /* a word that must be among the reply's, or NULL */
};

struct ssl_st;

struct bytes {
	const char *data; /* NULL: none */
	size_t len;
};

/*
 * What comes before the handshake: steps; or, where that isn't lines, `talk`. With neither
 * it's TLS from the first byte.
 */
struct dialect {
	const char *name, *title;
	int port; /* 0: it has none of its own */
	const struct step *steps;
	/* name: of whom it is asked, or NULL; ERR_PROTOCOL … as dialect_speak */
	bool (*talk)(const char *name, struct lines *l, struct err *e);
	/* how the handshake's records travel, where that isn't as they are; false: no
	 * memory */
	bool (*wrap)(struct ssl_st *ssl, int fd);
	struct bytes alpn; /* what the client offers (RFC 7301 3.1) */
	struct bytes bye;  /* said inside TLS before leaving */
};

/* NULL if the protocol isn't known. */
const struct dialect *dialect_find(const char *name);

/*
 * Talk up to the point where the handshake begins. `name` is whose certificate is asked
 * for, or NULL: XMPP asks by it. ERR_PROTOCOL: the server refused, doesn't offer STARTTLS,
 * sent bytes ahead of the handshake, or spoke nonsense; ERR_NET, also where it gives no
 * service now, or not to us; ERR_TIMEOUT.
 */
bool dialect_speak(const struct dialect *d, const char *name, struct lines *l,
	struct err *e) NODISCARD;
