/*
 * renew - obtain what is due: orders, DNS records and waits of all due certificates side by
 * side, into the store.
 */
#pragma once

#include "conf/inventory.h"
#include "conf/settings.h"
#include "report/report.h"
#include "store/store.h"

struct renew {
	const struct settings *settings;
	const struct certificate *const *certificates; /* the ones asked for */
	size_t n_certificates;
	struct store *store;       /* locked, unless dry */
	const struct trust *trust; /* roots, for a preferred chain */
	size_t width;              /* certificates worked on at a time */
	bool force;                /* all of them are due */
	bool dry;                  /* tell what is due, and do nothing … */
	struct store
		*trial; /* … or, if this isn't NULL, obtain it from the settings' staging
			   CA into this store: the other one must be locked too */
	struct report *report;
};

struct renew_total {
	size_t due, issued, failed;
	size_t misconfigured; /* of those that failed: because of the settings */
};

/*
 * Can it be begun with these settings: is the CA one, its ca_file there? ERR_CONFIG with
 * the place. What is of some certificates only, as a dns entry's secret, shows in
 * renew_run.
 */
bool renew_check(const struct settings *s, struct err *e) NODISCARD;

/* One certificate's failure leaves the others going. */
struct renew_total renew_run(const struct renew *r);

/*
 * Tell what the user has to publish: records of dns-persist-01 that no name server shows
 * (their CAs' directories are asked what they are called), an `alias` that the DNS doesn't
 * lead to, and the TLSA records of keys made in advance, but for those that all services in
 * question have published (`tlsa: manage`). What can't be found out is a warning.
 */
void renew_tell_records(const struct settings *settings, const struct inventory *inventory,
	struct store *store, struct report *report);

/*
 * Revoke what the store holds of a certificate (RFC 8555 7.6), by the account that it was
 * issued to, or by its own key where that account isn't at hand or the key is said to be in
 * other hands. The store remembers it, so that the next run replaces it. reason is
 * one of acme_reason_parse's. *already: the CA had it as revoked before.
 */
bool renew_revoke(const struct settings *s, const struct certificate *c,
	struct store *store, int reason, bool *already, struct err *e) NODISCARD;

/*
 * The replacement of a certificate whose key mustn't be served any more: begin; renew_run,
 * for which it is due until the store has its successor, with a key of its own; when
 * nothing serves the old one any more: end.
 */
struct replacement {
	char *reason;     /* what it will be revoked for */
	bool begun;       /* in an earlier run */
	bool issued;      /* the store has the successor */
	time_t not_after; /* of what is replaced */
};
void replacement_clear(struct replacement *r);
DEFINE_AUTO_VALUE(struct replacement, replacement, replacement_clear)

/*
 * How far is it? reason: one of acme_reason_parse's, or NULL: that of an earlier run, or
 * superseded. *r is zero before. ERR_REFUSED for what isn't in the store.
 */
bool replacement_look(const struct certificate *c, const struct store *store,
	const char *reason, struct replacement *r, struct err *e) NODISCARD;
/* Remember what is replaced, for r->reason. */
bool replacement_begin(const struct certificate *c, struct store *store,
	const struct replacement *r, struct err *e) NODISCARD;
/*
 * Revoke it, as renew_revoke does, and forget it. *what: NULL, or why there was nothing to
 * do: "it was already".
 */
bool replacement_end(const struct settings *s, const struct certificate *c,
	struct store *store, const char **what, struct err *e) NODISCARD;
