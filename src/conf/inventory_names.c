#include "conf/private/inventory_names.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

void host_names_clear(struct host_names *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		free(h->list[i]);
	free(h->list);
	*h = (struct host_names){ 0 };
}

/* The length of "[1:20]", "[a:f]" or "[1:20:2]" at s; 0 if there is no such range. */
static size_t range_length(const char *s)
{
	const char *p = s + 1;
	size_t digits = strspn(p, DIGITS);

	if (*s != '[')
		return 0;
	if (digits && p[digits] == ':' && strspn(p + digits + 1, DIGITS)) {
		p += digits + 1;
		p += strspn(p, DIGITS);
	} else if (isalpha((unsigned char)p[0]) && p[1] == ':' &&
		isalpha((unsigned char)p[2])) {
		p += 3;
	} else {
		return 0;
	}
	if (*p == ':' && strspn(p + 1, DIGITS))
		p += 1 + strspn(p + 1, DIGITS);
	return *p == ']' ? (size_t)(p + 1 - s) : 0;
}

/* Letters, digits and "_", beyond ASCII too, and "-" inside: a label as Ansible has it. */
static bool is_label(const char *s, size_t len)
{
	size_t i;

	if (!len || *s == '-' || s[len - 1] == '-' || s[len - 1] == '_')
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("_-", s[i]) &&
			(unsigned char)s[i] < 0x80)
			return false;
	return true;
}

static bool is_hostname(const char *s)
{
	size_t len;

	for (;; s += len + 1) {
		len = strcspn(s, ".");
		if (!is_label(s, len))
			return false;
		if (!s[len])
			return true;
	}
}

/* Whether it is a host name or an address once each range stands for one digit. */
static bool is_host(const char *s, size_t len)
{
	AUTO(buf) struct buf plain = BUF_EMPTY;
	struct in6_addr addr;
	size_t i, range;

	for (i = 0; i < len; i += range ? range : 1) {
		range = range_length(s + i);
		if (range && i + range > len)
			return false;
		buf_add(&plain, range ? "0" : s + i, 1);
	}
	return is_hostname(plain.data) || inet_pton(AF_INET6, plain.data, &addr) == 1;
}

/* The port's digits of "[…]:22"; NULL if the text isn't of that form. */
static const char *bracketed_port(const char *s, size_t len)
{
	size_t digits = 0;

	while (digits < len && isdigit((unsigned char)s[len - digits - 1]))
		digits++;
	return digits && *s == '[' && len > digits + 3 && s[len - digits - 1] == ':' &&
			s[len - digits - 2] == ']'
		? s + len - digits
		: NULL;
}

/* The port's digits of "name:22", where the name may hold ranges but no other colon. */
static const char *plain_port(const char *s, size_t len)
{
	const char *end = s + len, *p = s;

	while (p < end && *p != ':' && *p != ']') {
		if (*p == '[') {
			p = memchr(p, ']', (size_t)(end - p));
			if (!p)
				return NULL;
		}
		p++;
	}
	if (p == end || *p != ':' || p + 1 == end)
		return NULL;
	return strspn(p + 1, DIGITS) >= (size_t)(end - p - 1) ? p + 1 : NULL;
}

/* The host of "host:port" in *host and *len, and the port's digits or NULL. */
static bool split_address(
	const char *pattern, const char **host, size_t *len, const char **port)
{
	const char *digits;

	*host = pattern;
	*len = strlen(pattern);
	*port = bracketed_port(*host, *len);
	if (*port) {
		*len = (size_t)(*port - *host) - 3;
		*host += 1;
	}
	digits = plain_port(*host, *len);
	if (digits) {
		*len = (size_t)(digits - *host) - 1;
		*port = digits;
	}
	return is_host(*host, *len);
}

bool host_is_address(const char *text)
{
	const char *host, *port;
	size_t len;

	return split_address(text, &host, &len, &port);
}

/* One "[begin:end:step]". */
struct range {
	long begin, end, step; /* numbers, or places in LETTERS */
	bool letters;
	int width; /* zeros are put before a number up to this */
};

static bool number(const char *s, long *n)
{
	if (!*s || s[strspn(s, DIGITS)] || strlen(s) > 9)
		return false;
	*n = strtol(s, NULL, 10);
	return true;
}

static bool letter(const char *s, long *n)
{
	const char *p = s[0] && !s[1] ? strchr(LETTERS, s[0]) : NULL;

	*n = p ? p - LETTERS : 0;
	return p;
}

static bool bounds(struct range *r, const char *begin, const char *end, const char *step,
	struct pos pos, struct err *e)
{
	size_t width = strlen(begin);

	if (!*end)
		return err_at(e, pos, "host range without an end: [%s:]", begin);
	if (!*begin)
		begin = "0";
	r->width = begin[0] == '0' && width > 1 ? (int)width : 0;
	if (r->width && strlen(end) != width)
		return err_at(e, pos,
			"host range: begin and end must be of one length: [%s:%s]", begin,
			end);
	r->letters = letter(begin, &r->begin) && letter(end, &r->end);
	if (!r->letters && !(number(begin, &r->begin) && number(end, &r->end)))
		return err_at(e, pos,
			"host range: expected numbers or letters, found [%s:%s]", begin,
			end);
	if (!number(step, &r->step) || !r->step)
		return err_at(e, pos,
			"host range: expected a step of 1 or more, found '%s'", step);
	if (r->begin > r->end)
		return err_at(
			e, pos, "host range: begins after its end: [%s:%s]", begin, end);
	return true;
}

/* "begin:end" or "begin:end:step", without its brackets. */
static bool parse(
	struct range *r, const char *text, size_t len, struct pos pos, struct err *e)
{
	AUTO(str) char *copy = xstrndup(text, len);
	char *end = strchr(copy, ':'), *step = end ? strchr(end + 1, ':') : NULL;

	if (!end || (step && strchr(step + 1, ':')))
		return err_at(e, pos,
			"host range: expected [begin:end] or [begin:end:step], found [%s]",
			copy);
	*end++ = '\0';
	if (step)
		*step++ = '\0';
	return bounds(r, copy, end, step ? step : "1", pos, e);
}

static bool add(struct host_names *out, const char *name, struct pos pos, struct err *e)
{
	if (out->n >= HOST_NAMES_MAX)
		return err_at(e, pos, "host range: more than %d hosts", HOST_NAMES_MAX);
	GROW(out->list, out->n);
	out->list[out->n++] = xstrdup(name);
	return true;
}

/* Expand the first range, and by calling itself those after it. */
static bool expand(
	const char *name, int ranges, struct pos pos, struct host_names *out, struct err *e)
{
	const char *open = strchr(name, '['), *close = strchr(name, ']');
	AUTO(buf) struct buf one = BUF_EMPTY;
	struct range r = { 0 };
	long i;

	if (!open)
		return add(out, name, pos, e);
	if (!close || close < open)
		return err_at(e, pos, "host range without its other bracket: '%s'", name);
	if (ranges == HOST_NAME_RANGES)
		return err_at(e, pos, "more than %d host ranges in one name", ranges);
	if (!parse(&r, open + 1, (size_t)(close - open) - 1, pos, e))
		return false;
	for (i = r.begin; i <= r.end; i += r.step) {
		buf_reset(&one);
		buf_add(&one, name, (size_t)(open - name));
		if (r.letters)
			buf_putc(&one, LETTERS[i]);
		else
			buf_printf(&one, "%0*ld", r.width, i);
		buf_puts(&one, close + 1);
		if (!expand(one.data, ranges + 1, pos, out, e))
			return false;
	}
	return true;
}

bool host_names_expand(
	const char *pattern, struct pos pos, struct host_names *out, struct err *e)
{
	AUTO(str) char *name = NULL;
	const char *host, *port;
	size_t len;
	long n = 0;

	*out = (struct host_names){ 0 };
	if (!*pattern)
		return err_at(e, pos, "a host without a name");
	if (strlen(pattern) > HOST_NAME_LENGTH)
		return err_at(e, pos, "a host's name of more than %d characters",
			HOST_NAME_LENGTH);
	if (!split_address(pattern, &host, &len, &port)) {
		host = pattern;
		len = strlen(pattern);
	} else if (port) {
		n = strtol(port, NULL, 10);
		if (n < 1 || n > 65535)
			return err_at(e, pos, "expected a port (1-65535) after '%.*s:'",
				(int)len, host);
	}
	out->port = (int)n;
	name = xstrndup(host, len);
	if (expand(name, 0, pos, out, e))
		return true;
	host_names_clear(out);
	return false;
}
