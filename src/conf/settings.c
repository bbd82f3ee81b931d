#include "conf/settings.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/domains.h"
#include "conf/private/names.h"
#include "conf/private/settings_acme.h"
#include "conf/private/settings_dns.h"

#include <string.h>

/* settings while they are read: certificates come from two places. */
struct draft {
	struct settings s;
	struct certificates certificates;
	struct acme_draft acme;
	const char *domains;
	struct pos domains_pos;
};

static bool read_names(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct certificate *c = base;
	struct name_list l = { .n = 0 };
	bool list = value->type == NODE_SEQUENCE, ok = true;

	if (!field_strings(r, f, value, base))
		return false;
	if (!c->n_names)
		return reading_error(r, value, "%s: an empty list", f->key);
	for (size_t i = 0; i < c->n_names; i++)
		if (!name_list_add(r->a, &l, c->names[i],
			    list ? value->items[i]->pos : value->pos, r->all))
			ok = false;
	c->names = arena_copy(r->a, l.names, l.n, sizeof *l.names);
	c->n_names = l.n;
	return ok;
}

static const struct choice keys[] = {
	{ "p256", 0 },
	{ "p384", 0 },
	{ "rsa2048", 0 },
	{ "rsa3072", 0 },
	{ "rsa4096", 0 },
	{ NULL, 0 },
};

/* One key type, or a list of them. */
static bool read_keys(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const struct field word = { .key = f->key, .arg = keys };
	const bool list = value->type == NODE_SEQUENCE && !value->tag;
	const size_t n = list ? value->n : 1;
	const char **words = arena_calloc(r->a, n, sizeof *words);
	struct certificate *c = base;

	if (n == 0)
		return reading_error(r, value, "%s: an empty list", f->key);
	for (size_t i = 0; i < n; i++)
		if (!field_word(r, &word, list ? value->items[i] : value, &words[i]))
			return false;
	c->key = words[0];
	c->keys = words;
	c->n_keys = n;
	return true;
}

static const struct field certificate_fields[] = {
	{ "names", read_names, offsetof(struct certificate, names), false,
		offsetof(struct certificate, n_names), NULL },
	{ "key", read_keys, 0, false, 0, NULL },
	{ "reuse_key", field_bool, offsetof(struct certificate, reuse_key), false, 0,
		NULL },
	{ "next_key", field_bool, offsetof(struct certificate, next_key), false, 0, NULL },
	{ "ca", settings_read_ca, offsetof(struct certificate, ca), false, 0, NULL },
	{ "profile", settings_read_profile, offsetof(struct certificate, profile), false, 0,
		NULL },
	{ "preferred_chain", field_string, offsetof(struct certificate, preferred_chain),
		false, 0, NULL },
	{ "challenge", field_word, offsetof(struct certificate, challenge), false, 0,
		settings_challenges },
};

static const struct schema certificate_schema = { "a mapping (names, key, …) or nothing",
	certificate_fields, ARRAY_LEN(certificate_fields) };

/* "www.example.net:" alone is a certificate for this one name. */
static bool name_itself(
	const struct reading *r, const struct node *key, struct certificate *c)
{
	struct name_list l = { .n = 0 };

	if (!name_list_add(r->a, &l, c->name, key->pos, r->all))
		return false;
	c->names = arena_copy(r->a, l.names, l.n, sizeof *l.names);
	c->n_names = l.n;
	return true;
}

static bool read_certificate(
	const struct reading *r, const struct pair *p, struct certificate *c)
{
	const char *wrong = name_check_directory(p->key->text);
	bool nothing = p->value->type == NODE_NULL && !p->value->tag;

	if (wrong)
		return reading_error(r, p->key, "certificates: '%.100s' %s%s", p->key->text,
			wrong,
			strchr(p->key->text, '*') ? ": write NAME: {names: ['*.…']}" : "");
	if (!nothing && !schema_read(r, &certificate_schema, c->name, p->value, c))
		return false;
	if (c->reuse_key && c->next_key)
		return reading_error(
			r, p->value, "%s: 'reuse_key' or 'next_key', not both", c->name);
	return c->n_names || name_itself(r, p->key, c);
}

/* NAME, then NAME.rsa2048 and so on: alike in all but the key. */
static void add_others(
	const struct reading *r, struct certificates *all, struct certificate first)
{
	for (size_t i = 1; i < first.n_keys; i++) {
		const char *name = arena_printf(r->a, "%s.%s", first.name, first.keys[i]);
		struct certificate *c = certificates_add(all, name, first.pos);

		*c = first;
		c->name = name;
		c->key = first.keys[i];
	}
}

static bool read_certificates(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *d = base;
	bool ok = true;
	struct err e;

	if (!node_is_mapping(value, f->key, "a mapping of names to certificates", &e))
		return reading_fail(r, &e);
	for (size_t i = 0; i < value->n; i++) {
		const struct node *key = value->pairs[i].key;
		struct certificate *c =
			certificates_add(&d->certificates, key->text, key->pos);

		if (read_certificate(r, &value->pairs[i], c))
			add_others(r, &d->certificates, *c);
		else
			ok = false;
	}
	return ok;
}

static bool read_dns(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *d = base;

	return settings_read_dns(r, f->key, value, &d->s.dns, &d->s.n_dns);
}

static bool read_domains(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *d = base;

	d->domains_pos = value->pos;
	return field_path(r, f, value, base);
}

struct texts {
	const char *const *texts;
	size_t n;
};

static bool read_serial(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct rollout *rollout = base;
	const bool list = value->type == NODE_SEQUENCE;
	struct texts l = { 0 };
	const struct field texts = { .key = f->key,
		.offset = offsetof(struct texts, texts),
		.count = offsetof(struct texts, n) };
	struct batch *serial;

	if (!field_strings(r, &texts, value, &l))
		return false;
	serial = arena_calloc(r->a, l.n, sizeof *serial);
	for (size_t i = 0; i < l.n; i++)
		if (!rollout_batch_parse(l.texts[i], &serial[i]))
			return reading_error(r, list ? value->items[i] : value,
				"%s: expected a number of hosts or percents (25%%), found '%.60s'",
				f->key, l.texts[i]);
	rollout->serial = serial;
	rollout->n_serial = l.n;
	return true;
}

static const struct range percents = { 0, 100, "percents (0-100)" };
static const struct range tries = { 0, 10, "a number of tries (0-10)" };

static const struct field rollout_fields[] = {
	{ "serial", read_serial, 0, false, 0, NULL },
	{ "max_fail_percentage", field_int, offsetof(struct rollout, max_fail_percentage),
		false, 0, &percents },
	{ "retries", field_int, offsetof(struct rollout, retries), false, 0, &tries },
};
static const struct schema rollout_schema = { "a mapping (serial, max_fail_percentage, …)",
	rollout_fields, ARRAY_LEN(rollout_fields) };

static const struct range days = { 1, 365, "a number of days (1-365)" };

#define SETTING(member) offsetof(struct draft, s.member)

static const struct field fields[] = {
	{ "store", field_path, SETTING(store), false, 0, NULL },
	{ "accounts", field_path, SETTING(accounts), false, 0, NULL },
	{ "inventory", field_path, SETTING(inventory), false, 0, NULL },
	{ "playbooks", field_paths, SETTING(playbooks), false, SETTING(n_playbooks), NULL },
	{ "trust", field_path, SETTING(trust), false, 0, NULL },
	{ "renew_days", field_int, SETTING(renew_days), false, 0, &days },
	{ "rollout", field_struct, SETTING(rollout), false, 0, &rollout_schema },
	{ "acme", settings_read_acme, offsetof(struct draft, acme), false, 0, NULL },
	{ "cas", settings_read_cas, offsetof(struct draft, acme), false, 0, NULL },
	{ "dns", read_dns, SETTING(dns), false, SETTING(n_dns), NULL },
	{ "certificates", read_certificates, 0, false, 0, NULL },
	{ "domains", read_domains, offsetof(struct draft, domains), false, 0, NULL },
};

static const struct schema schema = { "a mapping of settings (store, acme, dns, …)", fields,
	ARRAY_LEN(fields) };

static const char *beside(struct arena *a, const char *dir, const char *name)
{
	AUTO(str) char *path = fs_join(dir, name);

	return arena_strdup(a, path);
}

static void set_defaults(struct arena *a, const char *dir, struct draft *d)
{
	struct settings *s = &d->s;
	const char **playbooks = arena_calloc(a, 1, sizeof *playbooks);

	playbooks[0] = beside(a, dir, "playbooks");
	s->store = beside(a, dir, "certs");
	s->accounts = beside(a, dir, "accounts");
	s->inventory = beside(a, dir, "inventory");
	s->playbooks = playbooks;
	s->n_playbooks = 1;
	s->rollout = (struct rollout){ .max_fail_percentage = -1, .retries = 1 };
	d->acme.common.account_key = "p256";
	d->acme.common.timeout = 300;
}

static bool load_domains(struct arena *a, struct draft *d, struct errs *all)
{
	int first = all->n;

	if (!d->domains || domains_load(a, d->domains, &d->certificates, all))
		return true;
	if (all->n > first &&
		!all->list[first].pos.line) /* it isn't there, or unreadable */
		all->list[first].pos = d->domains_pos;
	return false;
}

static bool load(
	struct arena *a, const struct node *root, struct draft *d, struct errs *all)
{
	AUTO(str) char *dir = fs_dirname(d->s.file);
	struct reading r = { a, arena_strdup(a, dir), d->s.file, all };
	bool ok;

	if (root->type == NODE_NULL)
		return reading_error(
			&r, root, "the file is empty: expected %s", schema.what);
	set_defaults(a, r.dir, d);
	ok = schema_read(&r, &schema, "settings", root, d);
	d->s.playbooks_said = node_at(root, "playbooks") != NULL;
	ok = load_domains(a, d, all) && ok;
	ok = settings_join_cas(
		     &r, &d->acme, &d->s, d->certificates.list, d->certificates.n) &&
		ok;
	return certificates_check(&d->certificates, all) && ok;
}

static void draft_clear(struct draft *d)
{
	certificates_clear(&d->certificates);
}

DEFINE_AUTO_VALUE(struct draft, draft, draft_clear)

const struct settings *settings_load(struct arena *a, const char *file, struct errs *all)
{
	AUTO(draft) struct draft d = { .s.file = arena_strdup(a, file) };
	const struct node *root;
	struct err e;

	root = yaml_load_file(a, file, &e);
	if (!root) {
		if (e.kind == ERR_IO)
			err_wrap(&e, "settings");
		*errs_next(all) = e;
		return NULL;
	}
	if (!load(a, root, &d, all))
		return NULL;
	d.s.certificates = arena_copy(
		a, d.certificates.list, d.certificates.n, sizeof *d.certificates.list);
	d.s.n_certificates = d.certificates.n;
	return arena_copy(a, &d.s, 1, sizeof d.s);
}

const struct certificate *settings_certificate(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->n_certificates; i++)
		if (text_eq(s->certificates[i].name, name))
			return &s->certificates[i];
	return NULL;
}

const struct profile *profile_of(const struct certificate *c, const struct ca_settings *ca)
{
	return c->profile.name ? &c->profile : &ca->profile;
}

bool profile_fits(const struct profile *p, const char *got)
{
	return text_eq(got, p->name) || (p->optional && !got);
}

const char *certificate_domain(const char *name)
{
	return text_starts(name, "*.") ? name + 2 : name;
}

bool certificate_has_domain(const struct certificate *c, size_t n, const char *domain)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(certificate_domain(c->names[i]), domain))
			return true;
	return false;
}

bool certificate_has_wildcard(const struct certificate *c, const char *domain)
{
	for (size_t i = 0; i < c->n_names; i++)
		if (certificate_domain(c->names[i]) != c->names[i] &&
			text_eq(c->names[i] + 2, domain))
			return true;
	return false;
}

const char *challenge_of(const struct certificate *c, const struct ca_settings *ca)
{
	if (c->challenge)
		return c->challenge;
	return ca->challenge ? ca->challenge : "dns-01";
}

const struct dns_settings *settings_dns_for(const struct settings *s, const char *name)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < s->n_dns; i++) {
		const struct dns_settings *d = &s->dns[i];

		if (!d->n_zones)
			return d;
		for (size_t k = 0; k < d->n_zones; k++)
			if (text_in_zone(name, len, d->zones[k]))
				return d;
	}
	return NULL;
}
