#include "base/clock.h"
#include "http/private/http.h"

#include <limits.h>
#include <string.h>

/* curl_getdate takes much that is no date of RFC 9110 ("tomorrow" is not among it). */
static time_t date(const char *value)
{
	struct err unused;

	return curl_load(&unused) ? curl.getdate(value, NULL) : -1;
}

int retry_after_parse(const char *value, time_t now)
{
	size_t digits = strspn(value, "0123456789");
	time_t when;
	long seconds = 0;

	if (digits > 0 && value[digits] == '\0') {
		for (; *value && seconds < INT_MAX; value++)
			seconds = seconds * 10 + (*value - '0');
		return seconds > INT_MAX ? INT_MAX : (int)seconds;
	}
	when = date(value);
	if (when < 0)
		return -1;
	if (when <= now)
		return 0;
	return when - now > INT_MAX ? INT_MAX : (int)(when - now);
}

int http_retry_after(const struct http_response *r)
{
	const char *value = http_header(r, "Retry-After", NULL);
	const char *sent = http_header(r, "Date", NULL);
	time_t now = sent ? date(sent) : -1;

	return value ? retry_after_parse(value, now >= 0 ? now : clock_now()) : -1;
}
