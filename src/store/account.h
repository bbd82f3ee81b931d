/*
 * account - what is kept of an ACME account beside its key: DIR/account.json.
 */
#pragma once

#include "base/err.h"

struct account_record {
	char *url;     /* at the CA; NULL: not registered, or not by us */
	char *contact; /* what the CA was told: URLs with blanks between */
};
void account_record_clear(struct account_record *r);
DEFINE_AUTO_VALUE(struct account_record, account_record, account_record_clear)

/* A missing file is an empty record; a damaged one is an error that names it. *r is zero
 * before. */
bool account_record_load(const char *dir, struct account_record *r, struct err *e)
	NODISCARD;
bool account_record_save(const char *dir, const struct account_record *r, struct err *e)
	NODISCARD;
bool account_record_drop(const char *dir, struct err *e) NODISCARD;
