#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "cert/cert.h"
#include "digest/digest.h"

#include <string.h>

/* RFC 9773 4.3.2: what a server asks for is kept within these; without an answer that can
 * be used it is asked again after SIX_HOURS (4.3.3). */
enum { SOONEST = 60, LATEST = 24 * 3600, SIX_HOURS = 6 * 3600 };

bool acme_has_renewal_info(const struct acme *a)
{
	return a->renewal_info;
}

bool acme_certificate_id(const struct cert *c, struct buf *id)
{
	AUTO(buf) struct buf issuer = BUF_EMPTY;
	AUTO(buf) struct buf serial = BUF_EMPTY;

	if (!cert_authority_key_id(c, &issuer) || !cert_serial(c, &serial))
		return false;
	base64url_encode(id, issuer.data, issuer.len);
	buf_putc(id, '.');
	base64url_encode(id, serial.data, serial.len);
	return true;
}

bool renewal_read(const struct buf *text, struct acme_renewal *w, struct err *e)
{
	AUTO(json) cJSON *json = json_read(text);
	const cJSON *window = cJSON_GetObjectItemCaseSensitive(json, "suggestedWindow");
	const char *start = json_text(window, "start"), *end = json_text(window, "end");
	const char *why = json_text(json, "explanationURL");

	if (!start || !end || !time_parse_rfc3339(start, &w->start) ||
		!time_parse_rfc3339(end, &w->end))
		return err_set(e, ERR_PROTOCOL, "the answer has no suggested window");
	if (w->end <= w->start)
		return err_set(
			e, ERR_PROTOCOL, "the suggested window ends before it begins");
	if (why && url_good(why))
		w->explanation = xstrdup(why);
	return true;
}

void acme_renewal_clear(struct acme_renewal *w)
{
	free(w->explanation);
	*w = (struct acme_renewal){ 0 };
}

static int clamp(int seconds)
{
	if (seconds < 0)
		return SIX_HOURS;
	if (seconds < SOONEST)
		return SOONEST;
	return seconds < LATEST ? seconds : LATEST;
}

bool acme_renewal_info(struct acme *a, const char *id, struct acme_renewal *w,
	int64_t deadline, struct err *e)
{
	const char *slash = a->renewal_info[strlen(a->renewal_info) - 1] == '/' ? "" : "/";
	AUTO(str) char *url = xasprintf("%s%s%s", a->renewal_info, slash, id);
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	bool ok;

	*w = (struct acme_renewal){ .again = SIX_HOURS };
	ok = acme_get(a, url, deadline, &r, e) && renewal_read(&r.http.body, w, e);
	if (ok || r.retry_after > 0)
		w->again = clamp(r.retry_after);
	return ok || err_wrap(e, "renewal information: %s", a->host);
}
