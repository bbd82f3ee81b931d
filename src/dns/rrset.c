#include "dns/private/rrset.h"
#include "base/alloc.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

void rrset_forget(struct rrset *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->values[i].text);
	free(s->values);
	s->values = NULL;
	s->n = 0;
	s->ttl = 0;
	s->changed = false;
}

void rrset_add(struct rrset *s, const char *text, bool disabled)
{
	const size_t len = strlen(text);
	const bool quoted = len >= 2 && text[0] == '"' && text[len - 1] == '"';

	GROW(s->values, s->n);
	s->values[s->n++] = (struct rrset_value){
		.text = quoted ? xstrndup(text + 1, len - 2) : xstrdup(text),
		.disabled = disabled,
	};
}

/* True if that changes the set. */
static bool take_out(struct rrset *s, const char *value)
{
	size_t left = 0;
	const size_t before = s->n;

	for (size_t i = 0; i < s->n; i++)
		if (text_eq(s->values[i].text, value))
			free(s->values[i].text);
		else
			s->values[left++] = s->values[i];
	s->n = left;
	return left < before;
}

static bool put_in(struct rrset *s, const char *value)
{
	for (size_t i = 0; i < s->n; i++)
		if (text_eq(s->values[i].text, value) && !s->values[i].disabled)
			return false;
	take_out(s, value); /* one that is disabled, and would be in the way */
	rrset_add(s, value, false);
	return true;
}

/* ---- one call ---- */

struct job {
	struct api *api;
	struct change *const *changes;
	size_t n_changes;
	bool in;
	const struct rrset_api *how;
	struct rrset *sets;
	size_t n;
};

static void job_clear(struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		rrset_forget(&j->sets[i]);
		api_zone_clear(&j->sets[i].zone);
		free(j->sets[i].name);
	}
	free(j->sets);
}
DEFINE_AUTO_VALUE(struct job, job, job_clear)

static bool is_of(const struct change *c, const struct rrset *s)
{
	return strcasecmp(c->record->name, s->name) == 0;
}

static void gather(struct job *j)
{
	j->sets = xcalloc(j->n_changes, sizeof *j->sets);
	for (size_t i = 0; i < j->n_changes; i++) {
		size_t k = 0;

		while (k < j->n && !is_of(j->changes[i], &j->sets[k]))
			k++;
		if (k < j->n)
			continue;
		j->sets[j->n++] = (struct rrset){
			.name = xstrdup(j->changes[i]->record->name),
			.zone = API_ZONE_EMPTY,
		};
		text_lower(j->sets[k].name);
	}
}

static bool apply(const struct job *j, struct rrset *s)
{
	for (size_t i = 0; i < j->n_changes; i++) {
		const char *value = j->changes[i]->record->value;

		if (is_of(j->changes[i], s))
			s->changed |= j->in ? put_in(s, value) : take_out(s, value);
	}
	if (s->ttl == 0)
		s->ttl = j->api->config->ttl;
	return s->changed;
}

static void locate(const struct job *j)
{
	if (j->how->locate) {
		j->how->locate(j->api, j->sets, j->n);
		return;
	}
	for (size_t i = 0; i < j->n; i++) {
		struct rrset *s = &j->sets[i];

		if (!api_find_zone(j->api, s->name, j->how->has_zone, &s->zone, &s->err))
			api_zone_clear(&s->zone);
	}
}

static bool get(const struct job *j, struct rrset *sets, size_t n, struct err *e)
{
	if (j->how->get)
		return j->how->get(j->api, sets, n, e);
	for (size_t i = 0; i < n; i++)
		if (!j->how->get_one(j->api, &sets[i], e))
			return false;
	return true;
}

/* Read, change, write. *written: it was tried, so that something may have been added. */
static bool rewrite(const struct job *j, struct rrset *sets, size_t n, bool *written,
	struct api_answer *r, struct err *e)
{
	*written = false;
	for (size_t i = 0; i < n; i++)
		rrset_forget(&sets[i]);
	if (!get(j, sets, n, e))
		return err_wrap(e, "zone %s", sets->zone.name);
	for (size_t i = 0; i < n; i++)
		*written |= apply(j, &sets[i]);
	return !*written || j->how->put(j->api, sets, n, r, e) ||
		err_wrap(e, "zone %s", sets->zone.name);
}

/* e: NULL if all is well. */
static void settle(
	const struct job *j, const struct rrset *s, const struct err *e, bool written)
{
	for (size_t i = 0; i < j->n_changes; i++) {
		struct change *c = j->changes[i];

		if (!is_of(c, s))
			continue;
		if (s->zone.name && !c->record->zone)
			c->record->zone = xstrdup(s->zone.name);
		if (!e)
			continue;
		c->err = *e;
		c->refused = j->in && !written;
	}
}

/* Of what is in the request, and not of who asks, how often, or on what a day. */
static bool is_refusal(int status)
{
	return status >= 400 && status < 500 && status != 401 && status != 429;
}

static void carry_out(const struct job *j, struct rrset *sets, size_t n)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	struct err e = { 0 };
	bool written;
	const bool ok = rewrite(j, sets, n, &written, &r, &e);

	if (!ok && n > 1 && is_refusal(r.status)) {
		carry_out(j, sets, n / 2);
		carry_out(j, sets + n / 2, n - n / 2);
		return;
	}
	for (size_t i = 0; i < n; i++)
		settle(j, &sets[i], ok ? NULL : &e, written);
}

static int by_zone(const void *a, const void *b)
{
	const struct rrset *x = a, *y = b;
	const int order =
		strcmp(x->zone.name ? x->zone.name : "", y->zone.name ? y->zone.name : "");

	return order ? order : strcmp(x->name, y->name);
}

static size_t of_one_zone(const struct rrset *sets, size_t n)
{
	size_t i = 1;

	while (i < n && text_eq(sets[i].zone.name, sets->zone.name))
		i++;
	return i;
}

void rrset_change(struct api *a, struct change *const *changes, size_t n, bool in,
	const struct rrset_api *how)
{
	AUTO(job) struct job j = { a, changes, n, in, how, NULL, 0 };

	gather(&j);
	locate(&j);
	qsort(j.sets, j.n, sizeof *j.sets, by_zone);
	for (size_t i = 0, part; i < j.n; i += part) {
		part = of_one_zone(j.sets + i, j.n - i);
		if (j.sets[i].zone.name)
			carry_out(&j, j.sets + i, part);
		else
			for (size_t k = i; k < i + part; k++)
				settle(&j, &j.sets[k], &j.sets[k].err, false);
	}
}
