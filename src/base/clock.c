#include "base/clock.h"
#include "base/wait.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

time_t clock_now(void)
{
	return time(NULL);
}

int64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_ms(void)
{
	return clock_us() / 1000;
}

int64_t deadline_in_ms(int64_t ms)
{
	return clock_ms() + ms;
}

int64_t deadline_in(int seconds)
{
	return deadline_in_ms((int64_t)seconds * 1000);
}

int64_t deadline_first(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t deadline_last(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int deadline_left(int64_t deadline)
{
	int64_t left = deadline - clock_ms();

	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Not strftime's %b: month names must not depend on the locale. */
struct time_text time_openssl(time_t t)
{
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct time_text text;
	struct tm tm = { .tm_mday = 0 };

	gmtime_r(&t, &tm);
	snprintf(text.s, sizeof text.s, "%s %2d %02d:%02d:%02d %d GMT",
		months[tm.tm_mon % 12], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		tm.tm_year + 1900);
	return text;
}

struct time_text time_weekday(time_t t)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	struct time_text text;
	struct tm tm = { .tm_mday = 0 };

	localtime_r(&t, &tm);
	snprintf(text.s, sizeof text.s, "%s %02d:%02d", days[tm.tm_wday % 7], tm.tm_hour,
		tm.tm_min);
	return text;
}

/* "Z", "+hh:mm" or "-hh:mm" and nothing more: seconds east. */
static bool parse_offset(const char *s, int *seconds)
{
	int hours, minutes, end = 0;

	*seconds = 0;
	if ((*s == 'Z' || *s == 'z') && !s[1])
		return true;
	if ((*s != '+' && *s != '-') || strspn(s + 1, "0123456789:") != 5 ||
		sscanf(s + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 || end != 5 ||
		s[6] || hours > 23 || minutes > 59)
		return false;
	*seconds = (*s == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

bool time_parse_rfc3339(const char *s, time_t *t)
{
	struct tm tm = { 0 };
	const char *rest = strptime(s, "%Y-%m-%d", &tm);
	int offset;

	if (!rest || rest - s != 10 || (*rest != 'T' && *rest != 't'))
		return false;
	s = rest + 1;
	rest = strptime(s, "%H:%M:%S", &tm);
	if (!rest || rest - s != 8)
		return false;
	if (*rest == '.') {
		const size_t digits = strspn(rest + 1, "0123456789");

		if (digits == 0)
			return false;
		rest += 1 + digits;
	}
	if (!parse_offset(rest, &offset))
		return false;
	*t = timegm(&tm) - offset;
	return true;
}

struct time_text time_rfc3339(time_t t)
{
	struct time_text text;
	struct tm tm = { .tm_mday = 0 };

	gmtime_r(&t, &tm);
	snprintf(text.s, sizeof text.s, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return text;
}

struct time_text time_span(time_t seconds)
{
	static const struct {
		time_t unit;
		const char *one;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" },
		{ 1, "second" } };
	struct time_text text;
	time_t n = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(units) - 1; i++)
		if (seconds >= 2 * units[i].unit)
			break;
	n = seconds / units[i].unit;
	snprintf(text.s, sizeof text.s, "%lld %s%s", (long long)n, units[i].one,
		n == 1 ? "" : "s");
	return text;
}

bool duration_parse(const char *s, int *seconds)
{
	static const struct {
		char letter;
		int unit;
	} units[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char *end;
	long n;

	if (*s < '0' || *s > '9')
		return false;
	n = strtol(s, &end, 10);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (*end != units[i].letter || (*end && end[1]))
			continue;
		if (n > INT_MAX / units[i].unit)
			return false;
		*seconds = (int)n * units[i].unit;
		return true;
	}
	return false;
}

bool clock_sleep_ms(int ms, struct err *e)
{
	struct err end;

	if (wait_fd(-1, 0, deadline_in_ms(ms), &end) || end.kind == ERR_TIMEOUT)
		return true;
	*e = end;
	return false;
}
