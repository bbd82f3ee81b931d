#include "conf/private/settings_acme.h"

#include "base/alloc.h"
#include "base/text.h"
#include "conf/private/secret_fields.h"

#include <string.h>

/* ---- what a certificate can say too ---- */

/* A profile: a name, or {require: NAME} or {prefer: NAME}. */
struct profile_draft {
	const char *require, *prefer;
};

static const struct field profile_fields[] = {
	{ "require", field_string, offsetof(struct profile_draft, require), false, 0,
		NULL },
	{ "prefer", field_string, offsetof(struct profile_draft, prefer), false, 0, NULL },
};

static const struct schema profile_schema = {
	"a name, or {require: NAME} or {prefer: NAME}", profile_fields,
	ARRAY_LEN(profile_fields)
};

bool settings_read_profile(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct profile *p = (struct profile *)(void *)((char *)base + f->offset);
	struct profile_draft d = { 0 };

	*p = (struct profile){ 0 };
	if (value->type != NODE_MAPPING) /* its name is the first member */
		return field_string(r, f, value, base);
	if (!schema_read(r, &profile_schema, f->key, value, &d))
		return false;
	if (!d.require == !d.prefer)
		return reading_error(
			r, value, "%s: expected one of 'require' and 'prefer'", f->key);
	*p = (struct profile){ d.require ? d.require : d.prefer, d.prefer };
	return true;
}

const struct choice settings_challenges[] = {
	{ "dns-01", 0 },
	{ "dns-account-01", 0 },
	{ "dns-persist-01", 0 },
	{ NULL, 0 },
};

static bool is_ca(
	const struct reading *r, const char *key, const struct node *value, const char *ca)
{
	return !strstr(ca, "://") || text_starts(ca, "https://") ||
		reading_error(r, value,
			"%s: expected a CA's name or an https:// URL, found '%.60s'", key,
			ca);
}

bool settings_read_ca(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct ca_names *names = (struct ca_names *)(void *)((char *)base + f->offset);
	const struct field list = { .key = f->key,
		.offset = offsetof(struct ca_names, list),
		.count = offsetof(struct ca_names, n) };

	names->pos = value->pos;
	if (!field_strings(r, &list, value, names))
		return false;
	if (names->n == 0)
		return reading_error(r, value, "%s: an empty list", f->key);
	for (size_t i = 0; i < names->n; i++)
		if (!is_ca(r, f->key, value, names->list[i]))
			return false;
	return true;
}

/* ---- what is said of a CA ---- */

static bool read_ca_file(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct ca_settings *ca = base;

	ca->ca_file_pos = value->pos;
	return field_path(r, f, value, base);
}

/* me@example.net is as good as mailto:me@example.net (RFC 8555 7.3 wants a URL). */
static bool read_contact(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct ca_settings *ca = base;
	const char **urls;

	if (!field_strings(r, f, value, base))
		return false;
	urls = arena_calloc(r->a, ca->n_contact, sizeof *urls);
	for (size_t i = 0; i < ca->n_contact; i++) {
		const char *text = ca->contact[i];
		bool scheme = strchr(text, ':');

		if (strpbrk(text, " ,<>\"") || !(scheme || strchr(text, '@')))
			return reading_error(r, value,
				"%s: expected mailto:NAME@DOMAIN, found '%.60s'", f->key,
				text);
		urls[i] = scheme ? text : arena_printf(r->a, "mailto:%s", text);
	}
	ca->contact = urls;
	return true;
}

static const struct field eab_fields[] = {
	{ "kid", field_string, offsetof(struct eab_settings, kid), true, 0, NULL },
	SECRET_FIELDS(offsetof(struct eab_settings, secret)),
};

static const struct schema eab_schema = { "a mapping (kid, secret_file)", eab_fields,
	ARRAY_LEN(eab_fields) };

static bool read_eab(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct ca_settings *ca = base;

	ca->eab = (struct eab_settings){ 0 };
	return schema_read(r, &eab_schema, f->key, value, &ca->eab) &&
		secret_is_said(r, f, value, &ca->eab.secret);
}

static bool read_directory(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct ca_settings *ca = base;

	if (!field_string(r, f, value, base))
		return false;
	return text_starts(ca->directory, "https://") ||
		reading_error(r, value, "%s: expected an https:// URL, found '%.60s'",
			f->key, ca->directory);
}

static const struct choice account_keys[] = {
	{ "p256", 0 },
	{ "p384", 0 },
	{ "rsa2048", 0 },
	{ "rsa3072", 0 },
	{ "rsa4096", 0 },
	{ "ed25519", 0 },
	{ NULL, 0 },
};

#define OF(member) offsetof(struct ca_settings, member)
#define CA_FIELDS                                                                          \
	{ "ca_file", read_ca_file, OF(ca_file), false, 0, NULL },                          \
		{ "contact", read_contact, OF(contact), false, OF(n_contact), NULL },      \
		{ "eab", read_eab, OF(eab), false, 0, NULL },                              \
		{ "account_key", field_word, OF(account_key), false, 0, account_keys },    \
		{ "profile", settings_read_profile, OF(profile), false, 0, NULL },         \
		{ "preferred_chain", field_string, OF(preferred_chain), false, 0, NULL },  \
		{ "challenge", field_word, OF(challenge), false, 0, settings_challenges }, \
	{                                                                                  \
		"timeout", field_seconds_some, OF(timeout), false, 0, NULL                 \
	}

static const struct field ca_fields[] = {
	{ "directory", read_directory, OF(directory), false, 0, NULL },
	CA_FIELDS,
};
static const struct schema ca_schema = { "a mapping (directory, eab, …)", ca_fields,
	ARRAY_LEN(ca_fields) };

/* acme_draft begins with what all CAs have in common. */
static const struct field acme_fields[] = {
	{ "ca", settings_read_ca, offsetof(struct acme_draft, ca), false, 0, NULL },
	{ "staging", settings_read_ca, offsetof(struct acme_draft, staging), false, 0,
		NULL },
	CA_FIELDS,
};
static const struct schema acme_schema = { "a mapping (ca, contact, …)", acme_fields,
	ARRAY_LEN(acme_fields) };

bool settings_read_acme(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct acme_draft *d = (struct acme_draft *)(void *)((char *)base + f->offset);

	if (!schema_read(r, &acme_schema, f->key, value, d))
		return false;
	if (d->staging.n > 1)
		return reading_error(r, value, "staging: expected one CA");
	if (d->ca.n > 1 && (d->common.eab.kid || d->common.ca_file))
		return reading_error(r, value,
			"%s: with several CAs, eab and ca_file belong to one of them: put them under 'cas'",
			f->key);
	return true;
}

bool settings_read_cas(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct acme_draft *d = (struct acme_draft *)(void *)((char *)base + f->offset);
	struct err e;

	if (!node_is_mapping(value, f->key, "a mapping of names to CAs", &e))
		return reading_fail(r, &e);
	d->cas = value;
	return true;
}

/* ---- who uses which ---- */

/* What is joined so far. */
struct joined {
	const struct reading *r;
	const struct acme_draft *d;
	const struct ca_settings **list;
	size_t n;
};

/* An account's binding and the CA's own roots are of the CA that `acme` names. */
static struct ca_settings base_of(const struct acme_draft *d, const char *name)
{
	struct ca_settings ca = d->common;
	const char *own = d->ca.n > 0 ? d->ca.list[0] : NULL;

	if (d->ca.n != 1 || !text_eq(own, name)) {
		ca.ca_file = NULL;
		ca.eab = (struct eab_settings){ 0 };
	}
	ca.name = name;
	return ca;
}

static bool read_entry(const struct reading *r, const struct acme_draft *d,
	const char *name, struct ca_settings *ca)
{
	const struct node *entry = d->cas ? node_at(d->cas, name) : NULL;

	if (!entry || (entry->type == NODE_NULL && !entry->tag))
		return true;
	return schema_read(r, &ca_schema, name, entry, ca);
}

static const struct ca_settings *find(const struct joined *j, const char *name)
{
	for (size_t i = 0; i < j->n; i++)
		if (text_eq(j->list[i]->name, name))
			return j->list[i];
	return NULL;
}

/* NULL if what `cas` says of it is wrong: told. */
static const struct ca_settings *join_one(
	struct joined *j, const char *name, struct pos pos)
{
	const struct ca_settings *there = find(j, name);
	struct ca_settings *ca;

	if (there)
		return there;
	ca = arena_calloc(j->r->a, 1, sizeof *ca);
	*ca = base_of(j->d, name);
	ca->pos = pos;
	j->list[j->n++] = ca; /* also if it is wrong: that is told once */
	return read_entry(j->r, j->d, name, ca) ? ca : NULL;
}

static const struct ca_names *names_of(
	const struct acme_draft *d, const struct certificate *c)
{
	return c->ca.n > 0 ? &c->ca : &d->ca;
}

static bool join(struct joined *j, struct certificate *c)
{
	const struct ca_names *names = names_of(j->d, c);
	const struct ca_settings **list = arena_calloc(j->r->a, names->n, sizeof *list);

	for (size_t i = 0; i < names->n; i++) {
		list[i] = join_one(j, names->list[i], names->pos);
		if (!list[i])
			return false;
	}
	c->cas = list;
	c->n_cas = names->n;
	return true;
}

/* An entry that nobody uses is read too: what is wrong in it is told now, not one day. */
static bool read_unused(const struct joined *j)
{
	const struct node *cas = j->d->cas;
	bool ok = true;

	for (size_t i = 0; cas && i < cas->n; i++) {
		const char *name = cas->pairs[i].key->text;
		struct ca_settings ca = base_of(j->d, name);

		ok = (find(j, name) || read_entry(j->r, j->d, name, &ca)) && ok;
	}
	return ok;
}

bool settings_join_cas(const struct reading *r, struct acme_draft *d, struct settings *s,
	struct certificate *certificates, size_t n)
{
	static const char *const usual[] = { "letsencrypt" };
	static const char *const trial[] = { "letsencrypt-staging" };
	static const struct ca_names letsencrypt = { usual, 1, { 0 } };
	static const struct ca_names letsencrypt_staging = { trial, 1, { 0 } };
	struct joined j = { .r = r, .d = d };
	size_t most = 1;
	bool ok = true;

	if (d->ca.n == 0)
		d->ca = letsencrypt;
	for (size_t i = 0; i < n; i++)
		most += names_of(d, &certificates[i])->n;
	j.list = arena_calloc(r->a, most, sizeof *j.list);
	for (size_t i = 0; i < n && ok; i++)
		ok = join(&j, &certificates[i]);
	if (d->staging.n == 0 && find(&j, "letsencrypt"))
		d->staging = letsencrypt_staging;
	if (d->staging.n > 0 && ok) {
		s->staging = join_one(&j, d->staging.list[0], d->staging.pos);
		ok = s->staging;
	}
	s->cas = j.list;
	s->n_cas = j.n;
	return read_unused(&j) && ok;
}
