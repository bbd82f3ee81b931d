#include "ssh/private/known_lines.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/text.h"
#include "digest/digest.h"
#include "ssh/private/known_hosts.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILE = 64 << 20 };

/* A name without wildcards, in lower case, and its line. */
struct name {
	const char *text;
	size_t line;
};

struct known_lines {
	struct arena *arena;
	const char *text;
	struct known_line *lines;
	size_t n;
	struct name *names; /* sorted */
	size_t n_names;
	size_t *others; /* the lines whose names aren't among these: patterns, hashes */
	size_t n_others;
};

/* ---- a line ---- */

static bool is(struct known_word w, const char *s)
{
	return w.len == strlen(s) && memcmp(w.s, s, w.len) == 0;
}

/* The next word of a line, which is shortened by it; empty at its end. */
static struct known_word cut(struct known_word *line)
{
	struct known_word w;

	while (line->len && strchr(" \t\r", *line->s))
		line->s++, line->len--;
	w.s = line->s;
	while (line->len && !strchr(" \t\r", *line->s))
		line->s++, line->len--;
	w.len = (size_t)(line->s - w.s);
	return w;
}

/* The next of a list with commas. */
static struct known_word cut_name(struct known_word *list)
{
	const char *comma = memchr(list->s, ',', list->len);
	struct known_word one = { list->s, comma ? (size_t)(comma - list->s) : list->len };
	size_t used = one.len + (comma != NULL);

	list->s += used;
	list->len -= used;
	return one;
}

static bool is_hashed(struct known_word hosts)
{
	return hosts.len > 3 && memcmp(hosts.s, "|1|", 3) == 0;
}

bool known_line_is_pattern(const struct known_line *l)
{
	return !is_hashed(l->hosts) &&
		(memchr(l->hosts.s, '*', l->hosts.len) ||
			memchr(l->hosts.s, '?', l->hosts.len) ||
			memchr(l->hosts.s, '!', l->hosts.len));
}

bool known_line_key(const struct known_line *l, struct buf *blob, char **type)
{
	*type = base64_decode(blob, l->base64.s, l->base64.len)
		? key_blob_type(blob->data, blob->len)
		: NULL;
	return *type && is(l->type, *type);
}

/* "|1|salt|hash" */
static bool read_hash(struct known_line *l)
{
	const char *from = l->hosts.s + 3, *end = l->hosts.s + l->hosts.len;
	const char *mid = memchr(from, '|', (size_t)(end - from));

	return mid && base64_decode(&l->salt, from, (size_t)(mid - from)) &&
		base64_decode(&l->mac, mid + 1, (size_t)(end - mid - 1));
}

/* False if it has no key. */
static bool read_line(struct known_line *l, struct known_word rest)
{
	l->line = rest;
	l->hosts = cut(&rest);
	l->authority = is(l->hosts, "@cert-authority");
	l->revoked = is(l->hosts, "@revoked");
	if (l->authority || l->revoked)
		l->hosts = cut(&rest);
	l->type = cut(&rest);
	l->base64 = cut(&rest);
	buf_init(&l->salt);
	buf_init(&l->mac);
	return l->hosts.len && *l->hosts.s != '#' && *l->hosts.s != '@' && l->base64.len;
}

/* ---- a file ---- */

static void add_name(struct known_lines *k, struct known_word w)
{
	char *text = arena_strndup(k->arena, w.s, w.len);

	if (strlen(text) != w.len)
		return; /* a NUL is in no name */
	text_lower(text);
	GROW(k->names, k->n_names);
	k->names[k->n_names++] = (struct name){ text, k->n };
}

static void add_line(struct known_lines *k, struct known_line *l)
{
	struct known_word list = l->hosts;

	if (is_hashed(l->hosts) && !read_hash(l)) {
		buf_clear(&l->salt);
		buf_clear(&l->mac);
		return;
	}
	if (is_hashed(l->hosts) || known_line_is_pattern(l)) {
		GROW(k->others, k->n_others);
		k->others[k->n_others++] = k->n;
	} else {
		while (list.len)
			add_name(k, cut_name(&list));
	}
	GROW(k->lines, k->n);
	k->lines[k->n++] = *l;
}

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

struct known_lines *known_lines_parse(const char *text, size_t len)
{
	struct known_lines *k = xcalloc(1, sizeof *k);
	const char *at, *end;

	k->arena = arena_new();
	at = k->text = arena_strndup(k->arena, text, len);
	end = at + len;
	for (int number = 1; at < end; number++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		const char *stop = nl ? nl : end;
		struct known_line l = { .number = number };

		if (read_line(&l, (struct known_word){ at, (size_t)(stop - at) }))
			add_line(k, &l);
		at = stop + 1;
	}
	if (k->n_names)
		qsort(k->names, k->n_names, sizeof *k->names, by_name);
	return k;
}

void known_lines_free(struct known_lines *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++) {
		buf_clear(&k->lines[i].salt);
		buf_clear(&k->lines[i].mac);
	}
	free(k->lines);
	free(k->names);
	free(k->others);
	arena_free(k->arena);
	free(k);
}

const struct known_line *known_lines_all(const struct known_lines *k, size_t *n)
{
	*n = k->n;
	return k->lines;
}

const char *known_lines_text(const struct known_lines *k)
{
	return k->text;
}

/* ---- looking up ---- */

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Only * and ?, as OpenSSH has it: brackets are part of a name here. */
static bool glob(struct known_word pattern, const char *name)
{
	const char *p = pattern.s, *end = pattern.s + pattern.len;
	const char *star = NULL, *retry = NULL;

	while (*name) {
		if (p < end && *p == '*') {
			star = ++p;
			retry = name;
		} else if (p < end && (*p == '?' || lower(*p) == lower(*name))) {
			p++;
			name++;
		} else if (star) {
			p = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

/* HMAC-SHA1 of the name, keyed with the salt. */
static bool hash_matches(const struct known_line *l, const char *name)
{
	uint8_t mac[64];
	size_t len = hmac_of(HMAC_SHA1, l->salt.data, l->salt.len, name, strlen(name), mac);

	return len && len == l->mac.len && memcmp(mac, l->mac.data, len) == 0;
}

/* One negated pattern that matches outweighs all others. */
static bool matches(const struct known_line *l, const char *name)
{
	struct known_word list = l->hosts;
	bool found = false;

	if (is_hashed(l->hosts))
		return hash_matches(l, name);
	while (list.len) {
		struct known_word one = cut_name(&list);
		bool negated = one.len && *one.s == '!';

		if (negated)
			one.s++, one.len--;
		if (!one.len || !glob(one, name))
			continue;
		if (negated)
			return false;
		found = true;
	}
	return found;
}

struct matches {
	struct known_match *list;
	size_t n;
};

static void add_match(struct matches *m, const struct known_line *l, bool other)
{
	GROW(m->list, m->n);
	m->list[m->n++] = (struct known_match){ l, other };
}

static void find_named(
	const struct known_lines *k, const char *name, bool other, struct matches *m)
{
	size_t low = 0, high = k->n_names;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(k->names[mid].text, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < k->n_names && text_eq(k->names[low].text, name); low++)
		add_match(m, &k->lines[k->names[low].line], other);
}

static int by_line(const void *a, const void *b)
{
	const struct known_match *x = a, *y = b;
	int order =
		(x->line->number > y->line->number) - (x->line->number < y->line->number);

	return order ? order : (int)x->other - (int)y->other;
}

/* A line that has both names, or one twice, counts once. */
static size_t without_doubles(struct known_match *list, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || list[kept - 1].line != list[i].line)
			list[kept++] = list[i];
	return kept;
}

struct known_match *known_lines_find(
	const struct known_lines *k, const char *name, const char *other, size_t *n)
{
	struct matches m = { NULL, 0 };

	find_named(k, name, false, &m);
	if (other)
		find_named(k, other, true, &m);
	for (size_t i = 0; i < k->n_others; i++) {
		const struct known_line *l = &k->lines[k->others[i]];

		if (matches(l, name))
			add_match(&m, l, false);
		else if (other && matches(l, other))
			add_match(&m, l, true);
	}
	if (m.n)
		qsort(m.list, m.n, sizeof *m.list, by_line);
	*n = without_doubles(m.list, m.n);
	return m.list;
}

/* ---- files ---- */

/* Linked, so that what was given out stays where it is; an older version too. */
struct entry {
	struct entry *next;
	char *path;
	struct stat st;
	struct known_lines *lines;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static bool unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
		a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct entry *load(const char *path, const struct stat *st, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct entry *new;

	if (!fs_read(path, MAX_FILE, &text, e))
		return NULL;
	new = xcalloc(1, sizeof *new);
	new->path = xstrdup(path);
	new->st = *st;
	new->lines = known_lines_parse(text.data, text.len);
	new->next = entries;
	entries = new;
	return new;
}

bool known_lines_get(const char *path, const struct known_lines **lines, struct err *e)
{
	struct entry *found;
	struct stat st;

	*lines = NULL;
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || err_sys(e, "%s", path);
	pthread_mutex_lock(&lock);
	found = entries;
	while (found && !(text_eq(found->path, path) && unchanged(&found->st, &st)))
		found = found->next;
	if (!found)
		found = load(path, &st, e);
	pthread_mutex_unlock(&lock);
	*lines = found ? found->lines : NULL;
	return found;
}

void known_lines_forget(void)
{
	pthread_mutex_lock(&lock);
	while (entries) {
		struct entry *old = entries;

		entries = old->next;
		known_lines_free(old->lines);
		free(old->path);
		free(old);
	}
	pthread_mutex_unlock(&lock);
}
