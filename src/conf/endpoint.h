/*
 * endpoint - where a service can be asked, as a user writes it, and files that list such.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

struct endpoint {
	const char *host; /* a name or an address, without brackets */
	int port;         /* 0: not said */
};

/* "mail.example.net:587", "192.0.2.7", "[2001:db8::1]:25", "2001:db8::1". ERR_USAGE. */
bool endpoint_read(struct arena *a, const char *text, struct endpoint *out, struct err *e)
	NODISCARD;

/* Is it one of the names, which NULL ends? ERR_USAGE, with the nearest. */
bool endpoint_protocol(const char *const *names, const char *text, struct err *e) NODISCARD;

/* Is it a pattern of hosts rather, as -l takes them: "mail:!ovh", "web*", "@file"? A plain
 * name may be both, and isn't one here. */
bool endpoint_is_pattern(const char *text);

/* A name to ask for: a DNS name, of one label too, in lower case, or an address. NULL, or
 * what is wrong in words that follow the name in a message. */
const char *endpoint_name(struct arena *a, const char *text, const char **out);

/* One line of a list. */
struct listed {
	const char *protocol;
	const char *where; /* an endpoint, or a host or a pattern of the inventory */
	const char *name;  /* to ask for; NULL: not said */
	struct pos pos;    /* of `where` */
};

struct listing {
	struct listed *list; /* malloc'ed; what it points to is in the arena */
	size_t n;
};
void listing_clear(struct listing *l);
DEFINE_AUTO_VALUE(struct listing, listing, listing_clear)

/*
 * Lines "PROTOCOL HOST[:PORT] [NAME]", "#" begins a comment; "-" is standard input.
 * protocols: the names there are, NULL-terminated. False with errors, also if there is no
 * line; l is to be cleared in any case.
 */
bool listing_load(struct arena *a, const char *file, const char *const *protocols,
	struct listing *l, struct errs *all) NODISCARD;
/* Its text. */
bool listing_parse(struct arena *a, const char *text, size_t len, const char *file,
	const char *const *protocols, struct listing *l, struct errs *all) NODISCARD;
