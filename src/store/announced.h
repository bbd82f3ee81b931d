/*
 * announced - what the next run must know of TLSA records: since when they have been seen,
 * and which are ours. STORE/.certpush/tlsa.json.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <time.h>

struct store;

struct announced {
	char *name;   /* "_25._tcp.mail.example.net", as it is asked for */
	char *record; /* "3 1 1 9f86…" */
	time_t seen;  /* all name servers have shown it since then; 0: they haven't */
	time_t added; /* we have added it then, or were about to; 0: somebody else has */
	char *place;  /* ours: the name it stands at */
};

struct announcements {
	struct announced *list;
	size_t n;
};
void announcements_clear(struct announcements *all);
DEFINE_AUTO_VALUE(struct announcements, announcements, announcements_clear)

/* NULL if there is none. */
struct announced *announcements_find(
	const struct announcements *all, const char *name, const char *record) NODISCARD;
/* The one that is there, or a new one. Others may move. */
struct announced *announcements_add(
	struct announcements *all, const char *name, const char *record);
void announcements_drop(struct announcements *all, const struct announced *a);

/* *all is empty before. A missing file is an empty list, a damaged one an error that names
 * it. */
bool announcements_load(const struct store *s, struct announcements *all, struct err *e)
	NODISCARD;
bool announcements_save(struct store *s, const struct announcements *all, struct err *e)
	NODISCARD;
