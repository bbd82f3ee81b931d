/*
 * dane - TLSA records before and after a push (RFC 6698, RFC 7671, RFC 7672): no service
 * gets a key that clients which go by its records would refuse.
 *
 * Stands between the store and the DNS: a service with `tlsa: require` is kept from a push
 * until a record of its new key has been out for long enough; for one with `tlsa: manage`
 * the record is published, and the old one taken out after the proof. Knows nothing of how
 * hosts are pushed to.
 */
#pragma once

#include "conf/inventory.h"
#include "conf/settings.h"
#include "probe/probe.h"
#include "report/report.h"
#include "store/store.h"

struct dane_request {
	const struct settings *settings;
	const struct inventory *inventory; /* all of it: several hosts may share a name */
	struct store *store;               /* locked, unless dry */
	const struct prober *prober;
	const struct host *const *hosts; /* those that are pushed to, of the inventory */
	size_t n_hosts;
	/* Which of their services, and what they are to serve; NULL: they aren't pushed to.
	 */
	bool (*wanted)(void *ctx, const struct host *h, const struct service *s);
	const struct bundle *(*bundle)(void *ctx, const char *certificate);
	void *ctx;
	size_t width; /* services asked at a time */
	bool dry;     /* tell what would be done, and do nothing */
	bool force;   /* warn, and let them pass */
	struct report *report;
};

/*
 * Before any run: is it clear whose records are meant, and can those of `tlsa: manage` be
 * published with these settings? Errors (ERR_CONFIG) with the place of the service.
 */
void dane_check(
	const struct settings *settings, const struct inventory *inv, struct errs *all);

struct dane; /* one push; the request must outlive it */

/*
 * Before a push: look, publish what is missing, tell what is refused. NULL where no service
 * that is wanted has anything to do with TLSA, or with *e set (ERR_IO: what earlier runs
 * have written can't be read; ERR_STOPPED).
 */
struct dane *dane_begin(const struct dane_request *r, struct err *e) NODISCARD;
void dane_free(struct dane *d);
DEFINE_AUTO(struct dane, dane, dane_free)

/* May it be pushed to? d may be NULL: everything may. */
bool dane_permits(const struct dane *d, const struct host *h, const struct service *s)
	NODISCARD;

struct dane_total {
	size_t refused; /* services: it has been told why */
	size_t held;    /* services that are to be pushed to later … */
	time_t from;    /* … all of them from then on; 0: it isn't known */
};

/*
 * After the push: see that what was published is shown, tell what is held and from when on,
 * and take out the records of ours that nothing serves any more. d may be NULL.
 */
struct dane_total dane_end(struct dane *d);
