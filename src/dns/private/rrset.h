/*
 * rrset - APIs that know only whole sets of TXT values at a name: read, changed, written
 * back, so that what others have there stays.
 *
 * What one call changes in a zone goes into one write: providers count writes (deSEC: 15 a
 * minute), and a set that has two of our values is never written with one of them only.
 */
#pragma once

#include "dns/private/api.h"

struct rrset {
	char *name; /* lower case, no trailing dot */
	struct api_zone zone;
	struct err err; /* why it has no zone */
	struct rrset_value {
		char *text; /* without the outer quotes of zone files */
		bool disabled;
	} * values;
	size_t n;
	int ttl;      /* seconds; 0: there is no such set yet */
	bool changed; /* to be written */
};

/* What `get` found: one more value, in the quotes of a zone file or without. */
void rrset_add(struct rrset *s, const char *text, bool disabled);
/* Without values again, as if it hadn't been read; it keeps its name and zone. */
void rrset_forget(struct rrset *s);

struct rrset_api {
	/* Each zone is asked for, each set read by itself: fill in the values and the ttl
	 * of one that is empty. */
	api_has_zone *has_zone;
	bool (*get_one)(struct api *a, struct rrset *s, struct err *e);
	/* Or, where the provider can do better than that: set the zone of each, one that
	 * has none gets an err; read sets of one zone. */
	void (*locate)(struct api *a, struct rrset *list, size_t n);
	bool (*get)(struct api *a, struct rrset *list, size_t n, struct err *e);
	/* Put those that are changed in force, all or none of them; n 0: delete it. *r is
	 * the answer to that, also to a refusal. */
	bool (*put)(struct api *a, const struct rrset *list, size_t n, struct api_answer *r,
		struct err *e);
};

/*
 * All changes, a write for each zone; what needs none is not written. Where the provider
 * refuses many at once, it's found by halves which of them it refuses.
 */
void rrset_change(struct api *a, struct change *const *changes, size_t n, bool in,
	const struct rrset_api *how);
