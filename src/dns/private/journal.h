/*
 * journal - the lines of the record journal.
 *
 * One line each, "add ZONE DOMAIN TOKEN VALUE PROVIDER NAME", or "del" when it was taken
 * out; a zone that isn't known is "-".
 */
#pragma once

#include "dns/dns.h"

struct journal_entry {
	char *zone; /* NULL: not known */
	char *domain, *token, *value, *provider;
	char *name; /* of the TXT record */
};

struct journal_entries {
	struct journal_entry *list;
	size_t n;
};
void journal_entries_clear(struct journal_entries *all);
DEFINE_AUTO_VALUE(struct journal_entries, journal_entries, journal_entries_clear)

/*
 * What was added and not taken out. *whole is the length without a last line that a crash
 * cut. ERR_IO names the line that isn't one.
 */
bool journal_parse(const char *text, size_t len, struct journal_entries *live,
	size_t *whole, struct err *e) NODISCARD;

/* Both write and sync; j may be NULL: then nothing is kept. */
bool journal_add(struct dns_journal *j, struct dns_record *const *records, size_t n,
	struct err *e) NODISCARD;
bool journal_remove(struct dns_journal *j, struct dns_record *const *records, size_t n,
	struct err *e) NODISCARD;

/* A copy of what is live now. */
void journal_snapshot(struct dns_journal *j, struct journal_entries *copy);
