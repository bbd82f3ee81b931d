#include "acme/private/acme.h"

#include <string.h>

static const char *const names[] = {
	[ACME_PENDING] = "pending",
	[ACME_READY] = "ready",
	[ACME_PROCESSING] = "processing",
	[ACME_VALID] = "valid",
	[ACME_INVALID] = "invalid",
	[ACME_DEACTIVATED] = "deactivated",
	[ACME_EXPIRED] = "expired",
	[ACME_REVOKED] = "revoked",
};

const char *acme_status_name(enum acme_status s)
{
	return names[s];
}

bool status_read(const cJSON *o, enum acme_status *s, struct err *e)
{
	const char *text = json_text(o, "status");

	if (!text)
		return err_set(e, ERR_PROTOCOL, "'status' is missing");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], text) == 0) {
			*s = (enum acme_status)i;
			return true;
		}
	return err_set(e, ERR_PROTOCOL, "unknown status '%.40s'", text);
}
