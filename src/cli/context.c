#include "cli/context.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "dane/dane.h"
#include "probe/probe.h"

int exit_status(const struct err *e)
{
	switch ((int)e->kind) {
	case ERR_USAGE:
	case ERR_CONFIG:
		return EXIT_USAGE;
	case ERR_LOCKED:
		return EXIT_LOCKED;
	case ERR_STOPPED:
		return EXIT_STOPPED;
	default:
		return EXIT_FAILED;
	}
}

int tell_error(const struct context *c, const struct err *e)
{
	report_error(c->report, e);
	return exit_status(e);
}

int tell_errors(const struct context *c, const struct errs *all)
{
	for (int i = 0; i < all->n; i++)
		report_error(c->report, &all->list[i]);
	if (all->dropped > 0)
		report_warn(c->report, "and %d more errors", all->dropped);
	return EXIT_USAGE;
}

static bool tell_all(const struct context *c, const struct errs *all, int *status)
{
	*status = tell_errors(c, all);
	return false;
}

static bool load_settings(struct context *c, int *status)
{
	struct err e = { 0 };
	AUTO(str) char *file = settings_find(c->options->config, &e);
	struct errs all = { 0 };

	if (!file) {
		report_error(c->report, &e);
		*status = EXIT_USAGE;
		return false;
	}
	c->settings = settings_load(c->arena, file, &all);
	return c->settings || tell_all(c, &all, status);
}

/* The user's own first, then the ones that came with certpush. */
static bool load_playbooks(struct context *c, int *status)
{
	static const struct protocols protocols = { probe_protocol_names,
		probe_protocol_port };
	const struct settings *s = c->settings;
	struct playbook_dir *dirs =
		arena_calloc(c->arena, s->n_playbooks + 1, sizeof *dirs);
	struct errs all = { 0 };
	size_t n = 0;

	for (; n < s->n_playbooks; n++)
		dirs[n] = (struct playbook_dir){ .path = s->playbooks[n],
			.optional = !s->playbooks_said };
	dirs[n++] = (struct playbook_dir){
		.path = fs_is_dir(CERTPUSH_PLAYBOOKS) ? CERTPUSH_PLAYBOOKS
						      : CERTPUSH_SOURCE_PLAYBOOKS,
		.optional = true,
	};
	c->playbooks = playbooks_load(c->arena, dirs, n, &protocols, &all);
	return c->playbooks || tell_all(c, &all, status);
}

const char *nearest_certificate(const struct context *c, const char *name)
{
	const struct settings *s = c->settings;
	const char **names = arena_calloc(c->arena, s->n_certificates + 1, sizeof *names);

	for (size_t i = 0; i < s->n_certificates; i++)
		names[i] = s->certificates[i].name;
	return text_nearest(name, names);
}

/* A group's certificate is wrong once, not once for each of its hosts. */
static bool told(const struct errs *all, const struct pos *pos)
{
	for (int i = 0; i < all->n; i++)
		if (pos_eq(&all->list[i].pos, pos))
			return true;
	return false;
}

/* Named where the host before named its own: that one was looked at. */
static bool looked_at(const struct inventory *inv, size_t host, size_t service)
{
	const struct host *h = &inv->hosts[host];

	return host > 0 && service < h[-1].n_services &&
		pos_eq(&h[-1].services[service].certificates_pos,
			&h->services[service].certificates_pos);
}

static void check_service(struct context *c, const struct service *s, struct errs *all)
{
	for (size_t i = 0; i < s->n_certificates; i++) {
		const char *name = s->certificates[i], *near;

		if (settings_certificate(c->settings, name) ||
			(c->store && store_has(c->store, name)))
			continue;
		near = nearest_certificate(c, name);
		err_at(errs_next(all), s->certificates_pos,
			"certificate '%s' is neither in %s nor in the store%s%s%s", name,
			c->settings->file, near ? ": did you mean '" : "", near ? near : "",
			near ? "'?" : "");
	}
}

/* Every certificate that the inventory names must be one that can be had. */
static void check_certificates(struct context *c, struct errs *all)
{
	const struct inventory *inv = c->inventory;

	for (size_t h = 0; h < inv->n_hosts; h++)
		for (size_t i = 0; i < inv->hosts[h].n_services; i++) {
			const struct service *s = &inv->hosts[h].services[i];

			if (!looked_at(inv, h, i) && !told(all, &s->certificates_pos))
				check_service(c, s, all);
		}
}

static bool load_inventory(struct context *c, unsigned needs, int *status)
{
	const char *path =
		c->options->inventory ? c->options->inventory : c->settings->inventory;
	struct errs all = { 0 };

	if (!(needs & NEED_INVENTORY) && !c->options->inventory && !fs_exists(path)) {
		report_note(c->report, "no inventory: there is no %s", path);
		return true;
	}
	if (!load_playbooks(c, status))
		return false;
	c->inventory = inventory_load(c->arena, path, c->playbooks, &all);
	if (c->inventory) {
		check_certificates(c, &all);
		dane_check(c->settings, c->inventory, &all);
	}
	return all.n == 0 || tell_all(c, &all, status);
}

static bool fail(struct context *c, const struct err *e, int *status)
{
	*status = tell_error(c, e);
	return false;
}

bool context_load(struct context *c, unsigned needs, const char *verb, int *status)
{
	struct err e = { 0 };

	c->arena = arena_new();
	if (needs & NEED_SETTINGS && !load_settings(c, status))
		return false;
	if (needs & NEED_STORE) {
		c->store = store_open(c->settings->store, needs & NEED_LOCK, &e);
		if (!c->store)
			return fail(c, &e, status);
	}
	if (needs & (NEED_INVENTORY | NEED_INVENTORY_IF_ANY) &&
		!load_inventory(c, needs, status))
		return false;
	if (needs & NEED_LOCK && !store_lock(c->store, verb, &e))
		return fail(c, &e, status);
	if (needs & NEED_TRUST) {
		c->trust = trust_new(c->settings ? c->settings->trust : NULL, &e);
		if (!c->trust)
			return fail(c, &e, status);
	}
	return true;
}

void context_clear(struct context *c)
{
	store_free(c->store);
	trust_free(c->trust);
	arena_free(c->arena);
	c->store = NULL;
	c->trust = NULL;
	c->arena = NULL;
}
