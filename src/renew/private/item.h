/*
 * item - one due certificate on its way through order, records, validation and store.
 */
#pragma once

#include "acme/acme.h"
#include "conf/settings.h"
#include "dns/dns.h"
#include "providers/providers.h"
#include "renew/account.h"
#include "report/report.h"
#include "store/store.h"

struct item {
	const struct certificate *certificate;
	struct store_state *state;       /* not owned */
	const struct ca_settings *trial; /* the CA of a dry run; NULL: it is none */
	bool urgent; /* less than half of the time that is left for it */
	bool fresh;  /* with a key that nobody has had: not the old, nor the next one */
	size_t turn; /* which of the certificate's CAs has it */
	const struct account *account; /* there */
	struct store_order begun;      /* key, CSR and order URL, as they are on disk */
	struct acme_order order;
	struct acme_authorization *authorizations;
	size_t n_authorizations;
	struct dns_record *records; /* of its pending authorizations, in order */
	size_t n_records;
	struct arena
		*arena; /* the records' texts: they outlive the authorizations' state */
	struct err err;
	bool issued;
	bool by_dns;                        /* it is the DNS that failed */
	const struct dns_showing *showings; /* and how, by address */
	size_t n_showings;
	bool spoilt;      /* what the CA made of the order is of no use */
	time_t not_after; /* of what was issued */
	struct sha256 fingerprint;
	bool has_next; /* a key for the next renewal was made, with this fingerprint */
	struct sha256 next;
};

void item_init(struct item *it, const struct certificate *c, struct store_state *state);
void item_clear(struct item *it);
/* From the beginning, at the next of its CAs. */
void item_again(struct item *it);

/* How its names are proved. */
enum acme_method item_method(const struct item *it);

/* What all items of a run share. */
struct desk {
	struct store *store;
	const struct trust *trust; /* roots, for a preferred chain; NULL: none */
	bool force;
	struct report *report;
	const struct providers *providers;
};

/* Go on with the order that was begun, or begin one; its authorizations, and the records
 * they want. */
bool item_begin(struct item *it, const struct desk *d, struct err *e) NODISCARD;
/* With the records in place: have it validated, finalize, fetch, store. */
bool item_finish(struct item *it, const struct desk *d, struct err *e) NODISCARD;

/* Remember a failure, or that it went well, for the next run. */
void item_remember(struct item *it, const struct desk *d);
