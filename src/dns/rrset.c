#include "dns/private/rrset.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#include <string.h>

void rrset_clear(struct rrset *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->values[i]);
	free(s->values);
	*s = (struct rrset){ 0 };
}

void rrset_add(struct rrset *s, const char *text)
{
	const size_t len = strlen(text);
	const bool quoted = len >= 2 && text[0] == '"' && text[len - 1] == '"';

	GROW(s->values, s->n);
	s->values[s->n++] = quoted ? xstrndup(text + 1, len - 2) : xstrdup(text);
}

void rrset_quote(const char *value, struct buf *out)
{
	buf_printf(out, "\"%s\"", value);
}

/* True if that changes the set. */
static bool put_in(struct rrset *s, const char *value)
{
	for (size_t i = 0; i < s->n; i++)
		if (text_eq(s->values[i], value))
			return false;
	rrset_add(s, value);
	return true;
}

static bool take_out(struct rrset *s, const char *value)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!text_eq(s->values[i], value))
			continue;
		free(s->values[i]);
		s->values[i] = s->values[--s->n];
		return true;
	}
	return false;
}

/* The changes of one name: those from `from` on that have it. */
struct party {
	struct change *const *changes;
	size_t n, from;
	const char *name;
	bool in;
};

static bool is_of(const struct party *p, size_t i)
{
	return text_eq(p->changes[i]->record->name, p->name);
}

static bool apply(const struct party *p, struct rrset *s)
{
	bool changed = false;

	for (size_t i = p->from; i < p->n; i++) {
		const char *value = p->changes[i]->record->value;

		if (is_of(p, i))
			changed |= p->in ? put_in(s, value) : take_out(s, value);
	}
	return changed;
}

static bool change_name(struct api *a, const struct party *p, struct api_zone *z,
	const struct rrset_api *how, bool *refused, struct err *e)
{
	AUTO(rrset) struct rrset s = { .ttl = a->config->ttl };

	*refused = true;
	if (!api_find_zone(a, p->name, how->has_zone, z, e))
		return false;
	if (!how->get(a, z, p->name, &s, e))
		return err_wrap(e, "zone %s", z->name);
	if (!apply(p, &s))
		return true;
	*refused = false;
	return how->put(a, z, p->name, &s, e) || err_wrap(e, "zone %s", z->name);
}

static bool is_first(struct change *const *changes, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (text_eq(changes[k]->record->name, changes[i]->record->name))
			return false;
	return true;
}

static void settle(const struct party *p, const struct api_zone *z, const struct err *e,
	bool ok, bool refused)
{
	for (size_t i = p->from; i < p->n; i++) {
		struct change *c = p->changes[i];

		if (!is_of(p, i))
			continue;
		if (z->name && !c->record->zone)
			c->record->zone = xstrdup(z->name);
		if (ok)
			continue;
		c->err = *e;
		c->refused = p->in && refused;
	}
}

void rrset_change(struct api *a, struct change *const *changes, size_t n, bool in,
	const struct rrset_api *how)
{
	for (size_t i = 0; i < n; i++) {
		const struct party p = { changes, n, i, changes[i]->record->name, in };
		AUTO(api_zone) struct api_zone z = API_ZONE_EMPTY;
		struct err e = { 0 };
		bool refused, ok;

		if (!is_first(changes, i))
			continue;
		ok = change_name(a, &p, &z, how, &refused, &e);
		settle(&p, &z, &e, ok, refused);
	}
}
