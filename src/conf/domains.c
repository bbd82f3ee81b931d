#include "conf/private/domains.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/names.h"

#include <stdio.h>
#include <string.h>

#define DOMAINS_MAX ((size_t)10 << 20)

void certificates_clear(struct certificates *c)
{
	free(c->list);
}

struct certificate *certificates_add(
	struct certificates *c, const char *name, struct pos pos)
{
	GROW(c->list, c->n);
	c->list[c->n] = (struct certificate){
		.name = name, .entry = name, .key = "p256", .pos = pos
	};
	return &c->list[c->n++];
}

bool name_list_add(struct arena *a, struct name_list *l, const char *text, struct pos pos,
	struct errs *all)
{
	const char *name;
	const char *wrong = name_check(a, text, &name);

	if (wrong)
		return err_at(errs_next(all), pos, "'%.100s' %s", text, wrong);
	for (size_t i = 0; i < l->n; i++)
		if (text_eq(l->names[i], name))
			return true;
	if (l->n == CERTIFICATE_MAX_NAMES)
		return err_at(errs_next(all), pos,
			"'%.100s' is one name too many: %d is the most", text,
			CERTIFICATE_MAX_NAMES);
	l->names[l->n++] = name;
	return true;
}

struct named {
	const struct certificate *is;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->is->name, y->is->name);

	/* those of one name in the order they were read */
	return order ? order : x->is < y->is ? -1 : x->is > y->is;
}

bool certificates_check(const struct certificates *c, struct errs *all)
{
	struct named *sorted = xcalloc(c->n + 1, sizeof *sorted);
	bool ok = true;

	for (size_t i = 0; i < c->n; i++)
		sorted[i].is = &c->list[i];
	qsort(sorted, c->n, sizeof *sorted, by_name);
	for (size_t i = 1; i < c->n; i++)
		if (text_eq(sorted[i].is->name, sorted[i - 1].is->name))
			ok = err_at(errs_next(all), sorted[i].is->pos,
				"a second certificate '%s': the first is in %s, line %d",
				sorted[i].is->name, sorted[i - 1].is->pos.file,
				sorted[i - 1].is->pos.line);
	free(sorted);
	return ok;
}

/* One line while it is read. */
struct line {
	struct arena *a;
	struct certificates *out;
	struct errs *all;
	struct pos pos;    /* of the word at hand */
	struct pos begins; /* of the first word */
	struct name_list names;
	const char *first; /* as it is written */
	const char *alias;
	bool want_alias, bad;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void PRINTF(2, 3) wrong(struct line *l, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_at(errs_next(l->all), l->pos, "%s", text);
	l->bad = true;
}

static void take_alias(struct line *l, const char *word)
{
	const char *why = name_check_directory(word);

	l->want_alias = false;
	if (l->alias)
		wrong(l, "a second alias '%.100s': a line may have one", word);
	else if (why)
		wrong(l, "the alias '%.100s' %s", word, why);
	l->alias = word;
}

static void take(struct line *l, const char *word)
{
	if (l->want_alias) {
		take_alias(l, word);
		return;
	}
	if (l->alias) {
		wrong(l, "'%.100s' behind the alias: names come before it", word);
		return;
	}
	if (!l->first) {
		l->first = word;
		l->begins = l->pos;
	}
	if (!name_list_add(l->a, &l->names, word, l->pos, l->all))
		l->bad = true;
}

static void finish(struct line *l)
{
	struct certificate *c;

	if (!l->first && !l->bad && !l->want_alias && !l->alias)
		return;
	if (l->want_alias)
		wrong(l, "a '>' without an alias behind it");
	else if (!l->first && !l->bad)
		wrong(l, "an alias without a name before it");
	if (l->bad)
		return;
	l->pos = l->begins;
	if (!l->alias && text_starts(l->first, "*.")) {
		wrong(l,
			"'%.100s': a line that begins with a wildcard needs an alias (> name)",
			l->first);
		return;
	}
	c = certificates_add(l->out, l->alias ? l->alias : l->names.names[0], l->begins);
	c->names = arena_copy(l->a, l->names.names, l->names.n, sizeof *l->names.names);
	c->n_names = l->names.n;
}

/* Characters, not bytes: an editor's column. */
static int columns(const char *s, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static void words(struct line *l, const char *s, size_t len)
{
	size_t i = 0, from;

	while (i < len) {
		char *word;

		if (blank(s[i])) {
			i++;
			continue;
		}
		l->pos.col = columns(s, i) + 1;
		if (s[i] == '>') {
			if (l->want_alias)
				wrong(l, "a '>' without an alias behind it");
			l->want_alias = true;
			i++;
			continue;
		}
		if (s[i] == '#') {
			wrong(l, "a '#' behind a name: a comment has a line of its own");
			return;
		}
		for (from = i; i < len && !blank(s[i]) && s[i] != '>'; i++)
			;
		word = arena_strndup(l->a, s + from, i - from);
		text_lower(word);
		take(l, word);
	}
	finish(l);
}

static bool comment(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && blank(s[i]))
		i++;
	return i < len && s[i] == '#';
}

bool domains_parse(struct arena *a, const char *text, size_t len, const char *file,
	struct certificates *c, struct errs *all)
{
	const char *name = arena_strdup(a, file);
	const char *end = text + len;
	bool ok = true;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (int number = 1; text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);
		struct line l = {
			.a = a, .out = c, .all = all, .pos = { name, number, 1 }
		};

		if (memchr(text, '\0', n))
			wrong(&l, "a NUL byte: this is no text file");
		else if (!comment(text, n))
			words(&l, text, n);
		if (l.bad)
			ok = false;
		text += n + (stop != NULL);
	}
	return ok;
}

static bool load(
	struct arena *a, const char *file, struct certificates *c, struct errs *all)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e;

	if (fs_read(file, DOMAINS_MAX, &b, &e))
		return domains_parse(a, b.data, b.len, file, c, all);
	if (fs_exists(file) && !fs_is_dir(file))
		e.pos = (struct pos){ arena_strdup(a, file), 1, 1 };
	*errs_next(all) = e;
	return false;
}

bool domains_load(
	struct arena *a, const char *file, struct certificates *c, struct errs *all)
{
	AUTO(str) char *dir = xasprintf("%s.d", file);
	char **names = NULL;
	size_t n = 0;
	struct err e;
	bool ok = load(a, file, c, all);

	if (!fs_is_dir(dir))
		return ok;
	if (!fs_names(dir, &names, &n, &e)) {
		*errs_next(all) = e;
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		AUTO(str) char *path = fs_join(dir, names[i]);

		if (names[i][0] != '.' && text_ends(names[i], ".txt") &&
			!load(a, path, c, all))
			ok = false;
	}
	fs_names_free(names, n);
	return ok;
}
