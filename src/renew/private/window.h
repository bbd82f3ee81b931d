/*
 * window - when the CA wants a certificate renewed (RFC 9773), as the state keeps it.
 */
#pragma once

#include "renew/account.h"
#include "store/store.h"

/*
 * What the state has is of this certificate, or is dropped. False if the certificate has no
 * identifier: then no CA can be asked about it.
 */
bool window_fit(struct store_state *st, const struct cert *leaf);

/* Is the CA to be asked (again) now? */
bool window_stale(const struct store_state *st, time_t now);

/*
 * Ask. The instant is drawn once for a window (4.2): another window has another. Whatever
 * happens, the state says when to ask again; without an answer the old window stays.
 */
bool window_ask(struct store_state *st, const struct account *a, time_t now, struct err *e)
	NODISCARD;
