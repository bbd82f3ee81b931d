/*
 * rrset - APIs that know only whole sets of TXT values at a name: read, changed, written
 * back, so that what others have there stays.
 */
#pragma once

#include "dns/private/api.h"

struct rrset {
	char **values; /* without the quotes of zone files */
	size_t n;
	int ttl; /* seconds; of a set that there is not yet, the configuration's */
};
void rrset_clear(struct rrset *s);
DEFINE_AUTO_VALUE(struct rrset, rrset, rrset_clear)

/* Add one, in the quotes of a zone file or without. */
void rrset_add(struct rrset *s, const char *text);
/* "\"value\"", appended. */
void rrset_quote(const char *value, struct buf *out);

/* The set at a name, empty if there is none; and put it in force, n 0: delete it. */
typedef bool rrset_get(struct api *a, const struct api_zone *z, const char *name,
	struct rrset *s, struct err *e);
typedef bool rrset_put(struct api *a, const struct api_zone *z, const char *name,
	const struct rrset *s, struct err *e);

struct rrset_api {
	api_has_zone *has_zone;
	rrset_get *get;
	rrset_put *put;
};

/* All changes of one name go into one write; what needs none is not written. */
void rrset_change(struct api *a, struct change *const *changes, size_t n, bool in,
	const struct rrset_api *how);
