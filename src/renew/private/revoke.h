/*
 * revoke - have a CA revoke what it issued.
 */
#pragma once

#include "renew/renew.h"

/*
 * At the CA with that directory, the certificate's first where it is NULL. *reason,
 * malloc'ed, becomes what the CA takes it for: what was revoked by its own key counts as
 * compromised.
 */
bool revoke_bundle(const struct settings *s, const struct certificate *c,
	const char *directory, const struct bundle *b, char **reason, bool *already,
	struct err *e) NODISCARD;
