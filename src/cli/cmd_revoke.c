#include "acme/acme.h"
#include "base/stop.h"
#include "cli/select.h"
#include "cli/verb.h"
#include "renew/renew.h"

#include <stdlib.h>

static bool revoke(const struct context *c, const struct certificate *cert, int reason)
{
	struct event ev = { .kind = EVENT_REVOKED,
		.certificate = cert->name,
		.detail = acme_reason_name(reason) };
	bool already;
	struct err e = { 0 };

	if (!renew_revoke(c->settings, cert, c->store, reason, &already, &e)) {
		ev.kind = EVENT_FAILED;
		ev.detail = e.msg;
	} else if (already) {
		ev.detail = "it was already";
	}
	report_emit(c->report, &ev);
	return ev.kind == EVENT_REVOKED;
}

int cmd_revoke(struct context *c)
{
	const char *reason = c->options->reason ? c->options->reason : "unspecified";
	const struct certificate **list;
	struct err e = { 0 };
	bool ok = true;
	int number;
	size_t n;

	if (c->options->n_words == 0)
		err_set(&e, ERR_USAGE, "revoke: which certificates?");
	if (e.kind != ERR_NONE || !acme_reason_parse(reason, &number, &e) ||
		!select_certificates(c, &list, &n, &e))
		return tell_error(c, &e);
	for (size_t i = 0; i < n && !stop_requested(); i++)
		ok = revoke(c, list[i], number) && ok;
	free(list);
	return ok ? EXIT_OK : EXIT_FAILED;
}
