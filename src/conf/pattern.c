#include "conf/inventory.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/inventory_names.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE ((size_t)16 * 1024 * 1024)

/* --- splitting --- */

struct patterns {
	char **list;
	size_t n;
};

static void patterns_clear(struct patterns *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free(p->list[i]);
	free(p->list);
}
DEFINE_AUTO_VALUE(struct patterns, patterns, patterns_clear)

static bool read_file(struct patterns *p, const char *path, struct err *e);

/* One pattern, without the blanks around it. */
static bool add(
	struct patterns *p, const char *s, size_t len, bool from_file, struct err *e)
{
	while (len && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	if (len && *s == '@' && !from_file) {
		AUTO(str) char *path = xstrndup(s + 1, len - 1);

		return read_file(p, path, e);
	}
	if (len) {
		GROW(p->list, p->n);
		p->list[p->n++] = xstrndup(s, len);
	}
	return true;
}

/* Up to the next colon or blank that is in no brackets. */
static size_t piece(const char *s)
{
	const char *p = s, *close;

	while (*p && *p != ':' && *p != ']' && !isspace((unsigned char)*p)) {
		close = *p == '[' ? strchr(p, ']') : p;
		if (!close)
			break;
		p = close + 1;
	}
	return (size_t)(p - s);
}

/* By commas, or where there are none and it is no address, by colons. */
static bool split(struct patterns *p, const char *limit, bool from_file, struct err *e)
{
	const bool commas = strchr(limit, ',');
	size_t len;

	if (!commas && host_is_address(limit))
		return add(p, limit, strlen(limit), from_file, e);
	for (; *limit; limit += len, limit += *limit != '\0') {
		len = commas ? strcspn(limit, ",") : piece(limit);
		if (limit[len] == '[' || limit[len] == ']')
			return err_set(e, ERR_USAGE,
				"'%.200s': a bracket without its other", limit);
		if (!add(p, limit, len, from_file, e))
			return false;
	}
	return true;
}

static bool read_file(struct patterns *p, const char *path, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	size_t i, len;

	if (!fs_read(path, MAX_FILE, &text, e))
		return false;
	for (i = 0; i < text.len; i += len + 1) {
		AUTO(str) char *line = NULL;
		const char *start;

		len = strcspn(text.data + i, "\n");
		line = xstrndup(text.data + i, len);
		start = line + strspn(line, " \t\r");
		if (*start != '#' && !split(p, start, true, e))
			return false;
	}
	return true;
}

/* --- matching --- */

/* One pattern without its "&" or "!". */
struct matcher {
	const char *glob; /* NULL: a regex */
	regex_t regex;
	bool subscript, range;
	long first, last; /* the range's end: -1 is the last */
};

static void matcher_clear(struct matcher *m)
{
	if (!m->glob)
		regfree(&m->regex);
}

/* A regex must match from the beginning, as with Python's re.match. */
static bool matches(const struct matcher *m, const char *name)
{
	regmatch_t all;

	if (m->glob)
		return text_glob(m->glob, name);
	return regexec(&m->regex, name, 1, &all, 0) == 0 && all.rm_so == 0;
}

/* "[0]", "[-1]", "[1:3]" or "[1:]" at the end of a pattern: its length, 0 if it has none.
 */
static size_t subscript(struct matcher *m, const char *pattern)
{
	const char *open = strrchr(pattern, '['), *p;
	char *end;

	if (!open || open == pattern)
		return 0;
	p = open + 1;
	if (!isdigit((unsigned char)p[*p == '-']))
		return 0;
	m->first = strtol(p, &end, 10);
	m->range = *p != '-' && (*end == ':' || *end == '-');
	m->last = -1;
	if (m->range) {
		p = end + 1;
		end += 1 + strspn(p, "0123456789");
		if (end > p)
			m->last = strtol(p, NULL, 10);
	}
	return text_eq(end, "]") ? strlen(open) : 0;
}

static bool compile(struct matcher *m, const char *regex, struct err *e)
{
	int failed = *regex ? regcomp(&m->regex, regex, REG_EXTENDED) : REG_EEND;
	char why[100];

	if (!failed)
		return true;
	regerror(failed, &m->regex, why, sizeof why);
	return err_set(e, ERR_USAGE, "'~%s' is no regular expression: %s", regex, why);
}

struct selection {
	const struct inventory *inv;
	const struct host **by_name; /* to find hosts */
	bool *in;                    /* by the host's place in the inventory */
};

/* What one pattern stands for: places of hosts, one more than once where groups overlap. */
struct found {
	size_t *list;
	size_t n;
	bool known; /* a group or a host is named so, though perhaps an empty group */
};

static int to_host(const void *name, const void *host)
{
	return strcmp(name, (*(const struct host *const *)host)->name);
}

static void put(const struct selection *s, struct found *f, const char *name)
{
	const struct host *const *h =
		bsearch(name, s->by_name, s->inv->n_hosts, sizeof(*s->by_name), to_host);

	GROW(f->list, f->n);
	f->list[f->n++] = (size_t)(*h - s->inv->hosts);
	f->known = true;
}

static void find(const struct selection *s, const struct matcher *m, struct found *f)
{
	size_t i, j;

	for (i = 0; i < s->inv->n_groups; i++) {
		const struct group *g = &s->inv->groups[i];

		if (!matches(m, g->name))
			continue;
		f->known = true;
		for (j = 0; j < g->n_hosts; j++)
			put(s, f, g->hosts[j]);
	}
	if (f->known && m->glob && !strpbrk(m->glob, ".?*["))
		return;
	for (i = 0; i < s->inv->n_hosts; i++)
		if (matches(m, s->inv->hosts[i].name))
			put(s, f, s->inv->hosts[i].name);
}

/* Keep what the subscript says, both ends included. False if that is nothing. */
static bool cut(struct found *f, const struct matcher *m)
{
	long n = (long)f->n, first = m->first < 0 ? n + m->first : m->first, last = first;

	if (!m->subscript)
		return true;
	if (m->range)
		last = m->last < 0 || m->last >= n ? n - 1 : m->last;
	if (first < 0 || first > last || last >= n)
		return false;
	memmove(f->list, f->list + first, (size_t)(last - first + 1) * sizeof *f->list);
	f->n = (size_t)(last - first + 1);
	return true;
}

static bool no_match(const struct selection *s, const char *pattern, struct err *e)
{
	const struct inventory *inv = s->inv;
	const char **words = xcalloc(inv->n_hosts + inv->n_groups + 1, sizeof(*words)),
		   *near;
	size_t i;

	for (i = 0; i < inv->n_hosts; i++)
		words[i] = inv->hosts[i].name;
	for (i = 0; i < inv->n_groups; i++)
		words[inv->n_hosts + i] = inv->groups[i].name;
	near = text_nearest(pattern, words);
	err_set(e, ERR_USAGE, "no host or group matches '%.200s'%s%.200s%s", pattern,
		near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	free(words);
	return false;
}

static bool look_up(
	const struct selection *s, const char *pattern, struct found *f, struct err *e)
{
	AUTO(str) char *glob = xstrdup(pattern);
	struct matcher m = { .glob = glob };
	size_t len;
	bool ok;

	if (*pattern == '~') {
		m.glob = NULL;
		if (!compile(&m, pattern + 1, e))
			return false;
	} else {
		len = subscript(&m, pattern);
		m.subscript = len;
		glob[strlen(glob) - len] = '\0';
	}
	find(s, &m, f);
	ok = f->known || text_eq(pattern, "all") || no_match(s, pattern, e);
	if (ok && f->n && !cut(f, &m))
		ok = err_set(e, ERR_USAGE, "'%.200s' is outside of the %zu hosts it counts",
			pattern, f->n);
	matcher_clear(&m);
	return ok;
}

/* --- selecting --- */

/* Join, intersect or exclude, as the pattern's first character says. */
static bool apply(struct selection *s, const char *pattern, struct err *e)
{
	const char op = *pattern;
	bool *named = xcalloc(s->inv->n_hosts + 1, sizeof *named);
	struct found f = { 0 };
	bool ok;
	size_t i;

	ok = look_up(s, pattern + (op == '&' || op == '!'), &f, e);
	for (i = 0; i < f.n; i++)
		named[f.list[i]] = true;
	for (i = 0; i < s->inv->n_hosts; i++)
		if (op == '&')
			s->in[i] &= named[i];
		else if (op == '!')
			s->in[i] &= !named[i];
		else
			s->in[i] |= named[i];
	free(f.list);
	free(named);
	return ok;
}

static bool is_pass(const char *pattern, char pass)
{
	return pass ? *pattern == pass : *pattern != '&' && *pattern != '!';
}

/* Plain patterns first, then intersections, then exclusions, wherever they stand. */
static bool evaluate(struct selection *s, const struct patterns *p, struct err *e)
{
	static const char passes[] = { 0, '&', '!' };
	size_t i, j, plain = 0;

	for (i = 0; i < p->n; i++)
		plain += is_pass(p->list[i], 0);
	if (!plain && !apply(s, "all", e))
		return false;
	for (j = 0; j < ARRAY_LEN(passes); j++)
		for (i = 0; i < p->n; i++)
			if (is_pass(p->list[i], passes[j]) && !apply(s, p->list[i], e))
				return false;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct host *const *)a)->name,
		(*(const struct host *const *)b)->name);
}

static void collect(const struct selection *s, const struct host ***hosts, size_t *n)
{
	size_t i;

	*hosts = xcalloc(s->inv->n_hosts + 1, sizeof(**hosts));
	*n = 0;
	for (i = 0; i < s->inv->n_hosts; i++)
		if (s->in[i])
			(*hosts)[(*n)++] = &s->inv->hosts[i];
}

bool inventory_select(const struct inventory *inv, const char *limit,
	const struct host ***hosts, size_t *n, struct err *e)
{
	AUTO(patterns) struct patterns p = { 0 };
	struct selection s = { .inv = inv };
	bool ok;
	size_t i;

	*hosts = NULL;
	*n = 0;
	if (limit && !split(&p, limit, false, e))
		return false;
	if (limit && !p.n)
		return err_set(e, ERR_USAGE, "'%.200s' names no host", limit);
	s.in = xcalloc(inv->n_hosts + 1, sizeof *s.in);
	s.by_name = xcalloc(inv->n_hosts + 1, sizeof(*s.by_name));
	for (i = 0; i < inv->n_hosts; i++)
		s.by_name[i] = &inv->hosts[i];
	qsort(s.by_name, inv->n_hosts, sizeof(*s.by_name), by_name);
	ok = evaluate(&s, &p, e);
	if (ok)
		collect(&s, hosts, n);
	if (ok && limit && !*n) {
		free(*hosts);
		*hosts = NULL;
		ok = err_set(e, ERR_USAGE, "'%.200s' leaves no host", limit);
	}
	free(s.by_name);
	free(s.in);
	return ok;
}
