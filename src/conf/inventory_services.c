#include "conf/private/inventory_services.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "conf/private/service.h"

#include <stdlib.h>
#include <string.h>

/* What the layers say of one service so far. */
struct saying {
	const char *name;
	struct pos pos; /* of the name, where it was said last */
	struct pair *pairs;
	size_t n;
	bool away;
	const struct service *definition;
	size_t order; /* among the playbooks' services */
};

struct merge {
	const struct vars *vars;
	const struct playbooks *playbooks;
	struct errs *all;
	struct saying *list; /* malloc'ed */
	size_t n;
};

static void merge_clear(struct merge *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		free(m->list[i].pairs);
	free(m->list);
}
DEFINE_AUTO_VALUE(struct merge, merge, merge_clear)

/* --- merging --- */

static struct saying *saying_of(struct merge *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (text_eq(m->list[i].name, name))
			return &m->list[i];
	GROW(m->list, m->n);
	m->list[m->n] = (struct saying){ .name = name };
	return &m->list[m->n++];
}

static void say(struct saying *s, const struct pair *pair)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (text_eq(s->pairs[i].key->text, pair->key->text)) {
			s->pairs[i] = *pair;
			return;
		}
	GROW(s->pairs, s->n);
	s->pairs[s->n++] = *pair;
}

/* `postfix: NAME` is short for `postfix: {certificate: NAME}`. */
static void say_certificate(struct merge *m, struct saying *s, const struct node *value)
{
	const struct pair pair = {
		node_scalar(m->vars->arena, "certificate", false, value->pos), value
	};

	say(s, &pair);
}

static bool is_false(const struct node *n)
{
	return n->type == NODE_NULL || (n->type == NODE_BOOL && !n->tag && !n->number);
}

static bool add_service(
	struct merge *m, const struct pair *pair, const struct node *value, struct err *e)
{
	struct saying *s = saying_of(m, pair->key->text);
	size_t i;

	s->pos = pair->key->pos;
	s->away = is_false(value);
	if (s->away) {
		s->n = 0;
		free(TAKE(s->pairs));
	} else if (value->type == NODE_STRING && !value->tag) {
		say_certificate(m, s, value);
	} else {
		if (!node_is_mapping(value, pair->key->text,
			    "a certificate's name, a mapping, or false", e))
			return false;
		for (i = 0; i < value->n; i++)
			say(s, &value->pairs[i]);
	}
	return true;
}

/* One layer's `certpush`. */
static bool add_layer(struct merge *m, const struct node *says)
{
	const struct node *value;
	bool ok = true;
	struct err e;
	size_t i;

	says = vars_fill_top(m->vars, says, &e);
	if (says && says->type == NODE_NULL)
		return true;
	if (says && is_false(says)) {
		for (i = 0; i < m->n; i++) {
			m->list[i].away = true;
			m->list[i].n = 0;
			free(TAKE(m->list[i].pairs));
		}
		return true;
	}
	if (!says || !node_is_mapping(says, "certpush", "a mapping of services", &e)) {
		*errs_next(m->all) = e;
		return false;
	}
	for (i = 0; i < says->n; i++) {
		value = vars_fill_top(m->vars, says->pairs[i].value, &e);
		if (!value || !add_service(m, &says->pairs[i], value, &e)) {
			*errs_next(m->all) = e;
			ok = false;
		}
	}
	return ok;
}

/* --- looking up --- */

static const char *nearest(const struct playbooks *p, const char *name)
{
	const char **words, *near;
	size_t i, j, n = 0;

	for (i = 0; i < p->n; i++)
		n += p->list[i].n_services;
	words = xcalloc(n + 1, sizeof(*words));
	for (i = 0, n = 0; i < p->n; i++)
		for (j = 0; j < p->list[i].n_services; j++)
			words[n++] = p->list[i].services[j].name;
	near = text_nearest(name, words);
	free(words);
	return near;
}

static bool unknown(struct merge *m, const struct saying *s)
{
	const char *near = nearest(m->playbooks, s->name);
	AUTO(buf) struct buf why = BUF_EMPTY;
	size_t i, j;

	if (near)
		buf_printf(&why, " (did you mean '%s'?)", near);
	for (i = 0; i < m->playbooks->n && !near; i++) {
		const struct playbook *p = &m->playbooks->list[i];

		if (!text_eq(p->name, s->name))
			continue;
		buf_puts(&why, ": it is a playbook, with the services");
		for (j = 0; j < p->n_services; j++)
			buf_printf(&why, "%s %s", j ? "," : "", p->services[j].name);
	}
	return err_at(errs_next(m->all), s->pos, "no playbook has a service '%.100s'%.200s",
		s->name, why.data);
}

/* Which service of the playbooks it is; those that come first are reloaded first. */
static bool define(struct merge *m, struct saying *s)
{
	const struct playbooks *p = m->playbooks;
	size_t i, j, order = 0;

	s->definition = playbooks_service(p, s->name, NULL);
	if (!s->definition)
		return unknown(m, s);
	for (i = 0; i < p->n; i++)
		for (j = 0; j < p->list[i].n_services; j++, order++)
			if (&p->list[i].services[j] == s->definition)
				s->order = order;
	return true;
}

static int by_order(const void *a, const void *b)
{
	const struct saying *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* --- building --- */

static bool build(struct merge *m, const struct saying *s, struct service *service)
{
	struct node says = {
		.type = NODE_MAPPING, .pos = s->pos, .n = s->n, .pairs = s->pairs
	};
	const struct node *filled;
	struct err e;

	*service = *s->definition;
	filled = vars_fill(m->vars, &says, &e);
	if (!filled) {
		*errs_next(m->all) = e;
		return false;
	}
	return service_override(
		m->vars->arena, filled, m->playbooks->protocols, service, m->all);
}

/* Is it in the directory that the service replaces as a whole? */
static bool replaces(const struct service *s, const char *path)
{
	const char *first = s->files[0].path;
	const size_t len = (size_t)(strrchr(first, '/') - first) + 1;

	return s->swap_directory && strncmp(first, path, len) == 0;
}

/* Two services that write one path would undo each other at every run; and what is put
 * into a directory while another one is made of it, is lost. */
static bool overlap(const struct host *h, const struct service *a, const struct service *b,
	struct pos pos, struct errs *all)
{
	size_t i, j;

	for (i = 0; i < a->n_files; i++)
		for (j = 0; j < b->n_files; j++) {
			const char *one = a->files[i].path, *other = b->files[j].path;

			if (text_eq(one, other))
				return !err_at(errs_next(all), pos,
					"services '%s' and '%s' of host '%s' both have the target %s",
					a->name, b->name, h->name, other);
			if (replaces(a, other) || replaces(b, one))
				return !err_at(errs_next(all), pos,
					"services '%s' and '%s' of host '%s' share a directory that is replaced as a whole (swap: directory): %.120s, %.120s",
					a->name, b->name, h->name, one, other);
		}
	return false;
}

static bool keep(struct merge *m)
{
	size_t i, kept = 0;
	bool ok = true;

	for (i = 0; i < m->n; i++)
		if (m->list[i].away)
			free(m->list[i].pairs);
		else
			m->list[kept++] = m->list[i];
	m->n = kept;
	for (i = 0; i < m->n; i++)
		ok &= define(m, &m->list[i]);
	return ok;
}

bool services_read(const struct vars *v, const struct playbooks *playbooks,
	struct host *host, struct errs *all)
{
	AUTO(merge) struct merge m = { .vars = v, .playbooks = playbooks, .all = all };
	const struct node *says;
	bool ok = true;
	size_t i, j;

	for (i = 0; i < v->n_layers; i++) {
		says = node_at(v->layers[i], "certpush");
		if (says)
			ok &= add_layer(&m, says);
	}
	if (!ok || !keep(&m))
		return false;
	if (!m.n)
		return true;
	qsort(m.list, m.n, sizeof *m.list, by_order);
	host->services = arena_calloc(v->arena, m.n, sizeof *host->services);
	host->n_services = m.n;
	for (i = 0; i < m.n; i++) {
		ok &= build(&m, &m.list[i], &host->services[i]);
		for (j = 0; ok && j < i; j++)
			ok = !overlap(host, &host->services[j], &host->services[i],
				m.list[i].pos, all);
	}
	return ok;
}
