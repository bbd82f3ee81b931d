#include "base/text.h"
#include "base/macros.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 63

bool text_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), tail = strlen(suffix);

	return len >= tail && memcmp(s + len - tail, suffix, tail) == 0;
}

bool text_in_zone(const char *name, size_t len, const char *zone)
{
	const size_t tail = strlen(zone);

	return len >= tail && strncasecmp(name + len - tail, zone, tail) == 0 &&
		(len == tail || name[len - tail - 1] == '.');
}

bool text_is_address(const char *s)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, s, address) == 1 || inet_pton(AF_INET6, s, address) == 1;
}

bool text_among(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(list[i], s))
			return true;
	return false;
}

void text_lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* Length of the well-formed UTF-8 sequence at s (RFC 3629 section 4), 0 if it is none. */
static size_t utf8(const unsigned char *s)
{
	static const struct {
		unsigned char from, to, second_from, second_to;
		size_t len;
	} rows[] = { { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 } };

	if (*s < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (*s < rows[i].from || *s > rows[i].to)
			continue;
		if (s[1] < rows[i].second_from || s[1] > rows[i].second_to)
			return 0;
		for (size_t n = 2; n < rows[i].len; n++)
			if ((s[n] & 0xc0) != 0x80)
				return 0;
		return rows[i].len;
	}
	return 0;
}

/* C0, DEL and C1: U+009B alone is a terminal's CSI. */
static bool controls(const unsigned char *s)
{
	return *s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0);
}

void text_tame(char *s)
{
	unsigned char *p = (unsigned char *)s;

	while (*p) {
		size_t len = utf8(p);

		if (len == 0) {
			*p++ = '?';
			continue;
		}
		if (controls(p))
			memset(p, ' ', len);
		p += len;
	}
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits that make b of a: insert, delete, replace, swap two neighbours. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	for (size_t k = 0; k <= m; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = rows[i % 3], *last = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			now[k] = least(now[k - 1], last[k]) + 1;
			now[k] = least(now[k], last[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				now[k] = least(now[k], before[k - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

const char *text_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t len = strlen(word), best;

	if (len > WORD_MAX)
		return NULL;
	best = least(len / 3, 3) + 1;
	for (; *words; words++) {
		size_t d;

		if (strlen(*words) > WORD_MAX)
			continue;
		d = distance(word, *words);
		if (d < best && d < strlen(*words)) {
			best = d;
			nearest = *words;
		}
	}
	return nearest;
}

bool text_glob(const char *pattern, const char *s)
{
	return fnmatch(pattern, s, FNM_NOESCAPE) == 0;
}

bool text_is_loopback_url(const char *url)
{
	static const char *const hosts[] = { "http://127.0.0.1", "http://[::1]",
		"http://localhost" };

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		if (text_starts(url, hosts[i]) && strchr(":/", url[strlen(hosts[i])]))
			return !strchr(url, '@');
	return false;
}
