#include "conf/endpoint.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/names.h"

#include <stdlib.h>
#include <string.h>

#define LISTING_MAX ((size_t)16 << 20)
#define DIGITS      "0123456789"

/* ---- one of them ---- */

/* What is behind the host, which is in *host: "" or ":PORT"; more than one colon are an
 * address's. */
static const char *rest_of(struct arena *a, const char *text, const char **host)
{
	const char *close = *text == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(text, ':');

	*host = text;
	if (close) {
		*host = arena_strndup(a, text + 1, (size_t)(close - text - 1));
		return close + 1;
	}
	if (!colon || strchr(colon + 1, ':'))
		return "";
	*host = arena_strndup(a, text, (size_t)(colon - text));
	return colon;
}

bool endpoint_read(struct arena *a, const char *text, struct endpoint *out, struct err *e)
{
	const char *rest = rest_of(a, text, &out->host);
	const size_t digits = *rest ? strspn(rest + 1, DIGITS) : 0;

	out->port = 0;
	if (!*out->host)
		return err_set(e, ERR_USAGE, "no host in '%.200s'", text);
	if (strpbrk(out->host, "[]/ \t"))
		return err_set(e, ERR_USAGE, "'%.200s' is no host or address", out->host);
	if (!*rest)
		return true;
	if (*rest == ':' && digits > 0 && digits < 6 && !rest[1 + digits])
		out->port = (int)strtol(rest + 1, NULL, 10);
	return (out->port >= 1 && out->port <= 65535) ||
		err_set(e, ERR_USAGE, "not a port: '%.100s'", rest);
}

bool endpoint_protocol(const char *const *names, const char *text, struct err *e)
{
	const char *near;

	for (const char *const *name = names; *name; name++)
		if (text_eq(*name, text))
			return true;
	near = text_nearest(text, names);
	return err_set(e, ERR_USAGE, "unknown protocol '%.60s'%s%s%s", text,
		near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

bool endpoint_is_pattern(const char *text)
{
	const char *colon = strchr(text, ':');

	/* %: fe80::1%eth0 */
	if (text_is_address(text) || strchr(text, '%') ||
		(*text == '[' && strchr(text, ']')))
		return false;
	if (strpbrk(text, "*?!&,~@["))
		return true;
	/* "mail:web", but not "mail:587", nor "mail:" */
	return colon && colon[1] && !strchr(DIGITS, colon[1]);
}

const char *endpoint_name(struct arena *a, const char *text, const char **out)
{
	*out = text;
	return text_is_address(text) ? NULL : name_check_zone(a, text, out);
}

/* ---- a list of them ---- */

void listing_clear(struct listing *l)
{
	free(l->list);
	*l = (struct listing){ 0 };
}

struct reader {
	struct arena *a;
	const char *const *protocols;
	struct listing *out;
	struct errs *all;
};

static bool known(const struct reader *r, const char *protocol, struct pos pos)
{
	struct err e = { 0 };

	return endpoint_protocol(r->protocols, protocol, &e) ||
		err_at(errs_next(r->all), pos, "%s", e.msg);
}

static bool good_place(const struct reader *r, const char *where, struct pos pos)
{
	struct endpoint ignored;
	struct err e = { 0 };

	if (endpoint_is_pattern(where) || endpoint_read(r->a, where, &ignored, &e))
		return true;
	return err_at(errs_next(r->all), pos, "%s", e.msg);
}

static bool good_name(
	const struct reader *r, const char *text, struct pos pos, struct listed *l)
{
	const char *wrong = text ? endpoint_name(r->a, text, &l->name) : NULL;

	return !wrong || err_at(errs_next(r->all), pos, "'%.100s' %s", text, wrong);
}

enum { PROTOCOL, WHERE, NAME, N_WORDS };

struct word {
	const char *text;
	struct pos pos;
};

static bool take(const struct reader *r, const struct word *words, size_t n)
{
	struct listed l = {
		.protocol = words[PROTOCOL].text,
		.where = words[WHERE].text,
		.pos = words[WHERE].pos,
	};

	if (!known(r, l.protocol, words[PROTOCOL].pos))
		return false;
	if (n == 1)
		return err_at(errs_next(r->all), words[PROTOCOL].pos,
			"no host behind '%s': PROTOCOL HOST[:PORT] [NAME]", l.protocol);
	if (!good_place(r, l.where, l.pos) ||
		!good_name(r, words[NAME].text, words[NAME].pos, &l))
		return false;
	GROW(r->out->list, r->out->n);
	r->out->list[r->out->n++] = l;
	return true;
}

/* Characters, not bytes: an editor's column. */
static int column(const char *line, size_t at)
{
	int n = 1;

	for (size_t i = 0; i < at; i++)
		n += ((unsigned char)line[i] & 0xc0) != 0x80;
	return n;
}

static bool read_line(const struct reader *r, const char *line, struct pos pos)
{
	struct word words[N_WORDS] = { 0 };
	size_t n = 0, at = 0, len;

	for (; line[at += strspn(line + at, " \t\r")]; at += len) {
		len = strcspn(line + at, " \t\r");
		if (line[at] == '#')
			break;
		pos.col = column(line, at);
		if (n == N_WORDS)
			return err_at(errs_next(r->all), pos,
				"'%.*s' behind the name: a line is PROTOCOL HOST[:PORT] [NAME]",
				(int)(len < 100 ? len : 100), line + at);
		words[n++] = (struct word){ arena_strndup(r->a, line + at, len), pos };
	}
	return n == 0 || take(r, words, n);
}

bool listing_parse(struct arena *a, const char *text, size_t len, const char *file,
	const char *const *protocols, struct listing *l, struct errs *all)
{
	const struct reader r = { a, protocols, l, all };
	struct pos pos = { arena_strdup(a, file), 1, 1 };
	const char *end = text + len;
	bool ok = true;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (; text < end; pos.line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);

		if (memchr(text, '\0', n))
			ok = err_at(
				errs_next(all), pos, "a NUL byte: this is no text file");
		else if (!read_line(&r, arena_strndup(a, text, n), pos))
			ok = false;
		text += n + (stop != NULL);
	}
	if (ok && l->n == 0)
		ok = err_at(errs_next(all), (struct pos){ pos.file, 1, 1 },
			"nothing to check: lines of PROTOCOL HOST[:PORT] [NAME]");
	return ok;
}

bool listing_load(struct arena *a, const char *file, const char *const *protocols,
	struct listing *l, struct errs *all)
{
	const bool piped = text_eq(file, "-");
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e;

	if (fs_read(piped ? "/dev/stdin" : file, LISTING_MAX, &b, &e))
		return listing_parse(
			a, b.data, b.len, piped ? "<stdin>" : file, protocols, l, all);
	*errs_next(all) = e;
	return false;
}
