/*
 * records - the TXT records that prove a certificate's names, by each of the methods.
 *
 * dns-01 and dns-account-01 want one for each validation; dns-persist-01 wants one that the
 * user has published for good.
 */
#pragma once

#include "renew/private/item.h"

/* One more of it->records, for a pending authorization. */
bool records_add(struct item *it, const struct providers *p,
	const struct acme_authorization *z, struct err *e) NODISCARD;

/* "_validation-persist.DOMAIN", malloc'ed. */
char *records_standing_name(const char *domain) NODISCARD;
