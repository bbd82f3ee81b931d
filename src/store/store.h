/*
 * store - the tree of issued certificates on the control machine, in dehydrated's layout.
 *
 *   STORE/NAME/privkey.pem     -> current/privkey.pem (also cert, chain, fullchain)
 *   STORE/NAME/current         -> generations/STAMP      swapped by one rename
 *   STORE/NAME/generations/STAMP/{privkey,cert,chain,fullchain}.pem
 *   STORE/NAME/order/          a key, a CSR and the order begun with them
 *   STORE/NAME/state.json      what the next run must know
 *   STORE/NAME/replaced/       what is to be revoked, once nothing serves it any more
 *   STORE/NAME/revoked.json    fingerprints of what is revoked
 *   STORE/.certpush/           the lock, the store's id, the journal of DNS records, what
 *                              is owed to hosts
 *
 * A tree that dehydrated made is read as it is, and taken over at the first write: its
 * files become a generation, and stay where they are. Whenever the public names don't all
 * lead through `current`, they are the truth (dehydrated may go on working in the tree).
 * certbot's live directories are only read. A NAME is one directory of the store: no slash,
 * no leading dot, no '*'.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "cert/cert.h"
#include "cert/key.h"

struct store; /* opaque; reading may be shared by threads, each NAME is written by one */

/* Makes the directories (0700) if they are missing and `create`; else one that isn't there
 * is empty. */
struct store *store_open(const char *path, bool create, struct err *e) NODISCARD;
void store_free(struct store *s); /* gives the lock back */
DEFINE_AUTO(struct store, store, store_free)

/* One run at a time: ERR_LOCKED tells who has it (pid, verb, since when). */
bool store_lock(struct store *s, const char *verb, struct err *e) NODISCARD;

/*
 * 16 hex digits: names this controller's staging directories on hosts. Made once, kept by
 * the first store_lock: not final before it.
 */
const char *store_id(const struct store *s);
/* STORE/.certpush/NAME, for the journal. */
char *store_private_path(const struct store *s, const char *name) NODISCARD;

/* A certificate with its key, as it stands in the store or came from a CA. */
struct bundle {
	struct chain chain; /* leaf first */
	struct key *key;
	struct buf privkey_pem; /* byte for byte as on disk */
	struct buf cert_pem, chain_pem, fullchain_pem;
};
#define BUNDLE_EMPTY                                                                       \
	{                                                                                  \
		.privkey_pem = BUF_EMPTY, .cert_pem = BUF_EMPTY, .chain_pem = BUF_EMPTY,   \
		.fullchain_pem = BUF_EMPTY                                                 \
	}
void bundle_clear(struct bundle *b);
DEFINE_AUTO_VALUE(struct bundle, bundle, bundle_clear)

/* Make one of what a CA sent; the key must match. Text between the PEM blocks is dropped.
 */
bool bundle_from_pem(struct bundle *b, const char *fullchain, size_t len,
	const struct key *key, struct err *e) NODISCARD;

/* True if NAME has a fullchain.pem; whether it can be read is told by store_read. */
bool store_has(const struct store *s, const char *name);
/* True if it hasn't, for sure; false also where nobody may look. */
bool store_lacks(const struct store *s, const char *name);

/*
 * The current generation, read as one (the symlink is resolved once, so that a swap in
 * between can't mix two). Checks that the four files agree and the key matches; cert.pem
 * and chain.pem may be missing. *b must be empty, and is so again after a failure.
 */
bool store_read(const struct store *s, const char *name, struct bundle *b, struct err *e)
	NODISCARD;
/* The generation before that one, likewise; ERR_REFUSED if there is none, or it is revoked
 * or about to be. The caller holds the lock. */
bool store_read_previous(
	const struct store *s, const char *name, struct bundle *b, struct err *e) NODISCARD;
/* Only the chain: no key is touched. */
bool store_read_chain(
	const struct store *s, const char *name, struct chain *c, struct err *e) NODISCARD;

/*
 * Put a new generation in whole: files, syncs, one rename; at every instant a reader of the
 * public names finds the old or the new. Keeps the last `keep` (at least 2). Tidies what an
 * interrupted write left. The caller holds the lock.
 */
bool store_write(struct store *s, const char *name, const struct bundle *b, int keep,
	struct err *e) NODISCARD;

/* The names in the store that hold a certificate, sorted. Free with fs_names_free. */
bool store_names(const struct store *s, char ***names, size_t *n, struct err *e) NODISCARD;

/* An order that was begun: on disk before it is finalized, so that a crash costs nothing.
 */
struct store_order {
	char *url;       /* of the order at the CA; NULL: not asked for yet */
	char *account;   /* URL of the account it belongs to */
	char *directory; /* URL of the CA's directory */
	char *profile;   /* that was asked for; NULL: none */
	char **names;
	size_t n_names;
	struct key *key;
	struct buf csr; /* DER */
};
#define STORE_ORDER_EMPTY                                                                  \
	{                                                                                  \
		.csr = BUF_EMPTY                                                           \
	}
void store_order_clear(struct store_order *o);
DEFINE_AUTO_VALUE(struct store_order, store_order, store_order_clear)

/*
 * *found is false if none was begun. One whose request is not of its key and for its names
 * is an error; it can be dropped.
 */
bool store_order_load(const struct store *s, const char *name, struct store_order *o,
	bool *found, struct err *e) NODISCARD;
bool store_order_save(struct store *s, const char *name, const struct store_order *o,
	struct err *e) NODISCARD;
bool store_order_drop(struct store *s, const char *name, struct err *e) NODISCARD;

/*
 * The key that the next renewal will use, made in advance so that what depends on it (TLSA
 * records) can be published before: STORE/NAME/next-privkey.pem. *key is NULL if there is
 * none.
 */
bool store_next_key(
	const struct store *s, const char *name, struct key **key, struct err *e) NODISCARD;
bool store_next_key_save(
	struct store *s, const char *name, const struct key *key, struct err *e) NODISCARD;
bool store_next_key_drop(struct store *s, const char *name, struct err *e) NODISCARD;

/* A replacement that was begun, until what it replaces is revoked. */
struct store_replaced {
	struct bundle old;
	char *reason;    /* to revoke it for: a word of RFC 5280 5.3.1 */
	char *directory; /* of the CA that issued it; NULL: nobody remembers */
};
#define STORE_REPLACED_EMPTY                                                               \
	{                                                                                  \
		.old = BUNDLE_EMPTY                                                        \
	}
void store_replaced_clear(struct store_replaced *r);
DEFINE_AUTO_VALUE(struct store_replaced, store_replaced, store_replaced_clear)

/* *r is empty before, and is so again after a failure; *found is false if none was begun.
 */
bool store_replaced_load(const struct store *s, const char *name, struct store_replaced *r,
	bool *found, struct err *e) NODISCARD;
bool store_replaced_save(struct store *s, const char *name, const struct store_replaced *r,
	struct err *e) NODISCARD;
bool store_replaced_drop(struct store *s, const char *name, struct err *e) NODISCARD;

/* Remember that a certificate is revoked, and why; key_too: whatever has its key is to be
 * taken for that as well. */
bool store_revoked_add(struct store *s, const char *name, const struct cert *leaf,
	const char *reason, bool key_too, struct err *e) NODISCARD;

/* What the next run must know about a certificate. */
struct store_state {
	char *directory; /* the CA that issued the current generation */
	char *account;
	char *order;
	char *profile; /* that the CA was asked for; NULL: none */
	time_t issued;
	time_t not_before; /* don't ask the CA again before (rate limits); 0: no such bound
			    */
	time_t retry_at;   /* don't try again before, since it failed; 0 likewise */
	time_t ordered;    /* when an order was last asked for … */
	char *ordered_names; /* … for the names with this SHA-256, hex … */
	char *ordered_at;    /* … at the CA with this directory */
	char *limited_by;    /* the CA that not_before and retry_at are about */
	int failures;        /* in a row */
	char *last_error;
	char *revoked; /* the current generation was: the reason's word; NULL: it wasn't */

	/* Renewal information (RFC 9773) of the certificate with that identifier. */
	char *renewal_id;
	time_t renewal_start, renewal_end; /* the window; 0: the CA has given none */
	time_t renewal_at;                 /* the instant in it that was drawn */
	time_t renewal_again;              /* ask again then */
	char *renewal_why;                 /* where the CA explains the window, or NULL */
};
void store_state_clear(struct store_state *st);
DEFINE_AUTO_VALUE(struct store_state, store_state, store_state_clear)
/*
 * A missing file is an empty state. A damaged one is an error that names it; the next save
 * replaces it. Members that this version doesn't know are not kept.
 */
bool store_state_load(const struct store *s, const char *name, struct store_state *st,
	struct err *e) NODISCARD;
bool store_state_save(struct store *s, const char *name, const struct store_state *st,
	struct err *e) NODISCARD;

/*
 * Pushes that wait for a host's window (STORE/.certpush/owed.json), so that they are known
 * without asking any host.
 */
struct store_owed {
	char *host, *service, *certificate;
	time_t since;
	time_t until;   /* when the window was to open first since then */
	time_t expires; /* the end of what the host holds; 0: unknown */
};
struct store_owing {
	struct store_owed *list;
	size_t n;
};
void store_owing_clear(struct store_owing *all);
DEFINE_AUTO_VALUE(struct store_owing, store_owing, store_owing_clear)
/* One for each service of a host; NULL if there is none. */
struct store_owed *store_owing_find(
	const struct store_owing *all, const char *host, const char *service) NODISCARD;
struct store_owed *store_owing_add(struct store_owing *all, const char *host,
	const char *service, const char *certificate);
/* The last one takes its place. */
void store_owing_drop(struct store_owing *all, struct store_owed *o);
/* *all must be empty; nothing is owed where there is no file. */
bool store_owing_load(const struct store *s, struct store_owing *all, struct err *e)
	NODISCARD;
/* The caller holds the lock. */
bool store_owing_save(struct store *s, const struct store_owing *all, struct err *e)
	NODISCARD;
