#include "conf/private/settings_dns.h"

#include "base/text.h"
#include "conf/private/names.h"
#include "conf/private/secret_fields.h"

#include <string.h>

/* An entry while it is read: what was said, beside what it means. */
struct draft {
	struct dns_settings d;
	bool check_said, settle_said;
};

#define MEMBER(member) offsetof(struct draft, d.member)

static bool bad_text(const struct reading *r, const struct field *f,
	const struct node *value, size_t i, const char *text, const char *wrong)
{
	bool list = value->type == NODE_SEQUENCE;

	return reading_error(
		r, list ? value->items[i] : value, "%s: '%.100s' %s", f->key, text, wrong);
}

static bool read_zones(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *draft = base;
	const char **zones;
	bool ok = true;

	if (!field_strings(r, f, value, base))
		return false;
	if (!draft->d.n_zones)
		return reading_error(
			r, value, "%s: an empty list: leave it out to match all", f->key);
	zones = arena_calloc(r->a, draft->d.n_zones, sizeof *zones);
	for (size_t i = 0; i < draft->d.n_zones; i++) {
		const char *wrong = name_check_zone(r->a, draft->d.zones[i], &zones[i]);

		if (wrong)
			ok = bad_text(r, f, value, i, draft->d.zones[i], wrong);
	}
	draft->d.zones = zones;
	return ok;
}

static bool read_zone(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const char **zone = (const char **)(void *)((char *)base + f->offset);
	const char *wrong;

	if (!field_string(r, f, value, base))
		return false;
	wrong = name_check_zone(r->a, *zone, zone);
	return !wrong || bad_text(r, f, value, 0, value->text, wrong);
}

static bool read_server(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *draft = base;
	const char *wrong;

	if (!field_string(r, f, value, base))
		return false;
	wrong = name_check_server(r->a, draft->d.server, true);
	return !wrong || bad_text(r, f, value, 0, draft->d.server, wrong);
}

static bool read_addresses(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const char *const **list = (const char *const **)(void *)((char *)base + f->offset);
	const size_t *n = (const size_t *)(const void *)((char *)base + f->count);
	bool ok = true;

	if (!field_strings(r, f, value, base))
		return false;
	if (!*n)
		return reading_error(r, value, "%s: an empty list", f->key);
	for (size_t i = 0; i < *n; i++) {
		const char *wrong = name_check_server(r->a, (*list)[i], false);

		if (wrong)
			ok = bad_text(r, f, value, i, (*list)[i], wrong);
	}
	return ok;
}

static const struct choice algorithms[] = {
	{ "hmac-sha256", 0 },
	{ "hmac-sha512", 0 },
	{ "hmac-sha384", 0 },
	{ "hmac-sha224", 0 },
	{ "hmac-sha1", 0 },
	{ "hmac-md5", 0 },
	{ NULL, 0 },
};

static const struct field tsig_fields[] = {
	{ "name", read_zone, MEMBER(tsig_name), false, 0, NULL },
	{ "algorithm", field_word, MEMBER(tsig_algorithm), false, 0, algorithms },
	SECRET_FIELDS(MEMBER(tsig_secret)),
};

static const struct schema tsig_schema = { "a mapping (name, algorithm, secret_file)",
	tsig_fields, ARRAY_LEN(tsig_fields) };

static bool read_tsig(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *draft = base;

	draft->d.tsig = true;
	return schema_read(r, &tsig_schema, f->key, value, base) &&
		secret_is_said(r, f, value, &draft->d.tsig_secret);
}

static const struct choice checks[] = {
	{ "authoritative", PROPAGATION_AUTHORITATIVE },
	{ "servers", PROPAGATION_SERVERS },
	{ "sleep", PROPAGATION_SLEEP },
	{ "none", PROPAGATION_NONE },
	{ NULL, 0 },
};

static bool read_check(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *draft = base;
	int check;
	struct field into = { f->key, field_choice, 0, false, 0, checks };

	if (!field_choice(r, &into, value, &check))
		return false;
	draft->d.check = (enum propagation_check)check;
	draft->check_said = true;
	return true;
}

static bool read_settle(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	((struct draft *)base)->settle_said = true;
	return field_seconds(r, f, value, base);
}

static const struct field propagation_fields[] = {
	{ "check", read_check, 0, false, 0, NULL },
	{ "servers", read_addresses, MEMBER(servers), false, MEMBER(n_servers), NULL },
	{ "timeout", field_seconds_some, MEMBER(timeout), false, 0, NULL },
	{ "settle", read_settle, MEMBER(settle), false, 0, NULL },
	{ "resolvers", read_addresses, MEMBER(resolvers), false, MEMBER(n_resolvers),
		NULL },
};

static const struct schema propagation_schema = { "a mapping (check, timeout, settle, …)",
	propagation_fields, ARRAY_LEN(propagation_fields) };

static bool read_propagation(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *draft = base;
	struct dns_settings *d = &draft->d;

	if (!schema_read(r, &propagation_schema, f->key, value, base))
		return false;
	if (d->n_servers && !draft->check_said)
		d->check = PROPAGATION_SERVERS;
	if (d->n_servers && d->check != PROPAGATION_SERVERS)
		return reading_error(
			r, value, "%s: 'servers' goes with 'check: servers'", f->key);
	if (!d->n_servers && d->check == PROPAGATION_SERVERS)
		return reading_error(
			r, value, "%s: 'check: servers' wants a list 'servers'", f->key);
	if (d->check == PROPAGATION_SLEEP && !draft->settle_said)
		return reading_error(r, value,
			"%s: 'check: sleep' wants 'settle', the time to wait", f->key);
	return true;
}

static const struct range ttls = { 1, 86400, "seconds (1-86400)" };

/* Known to every provider; `provider` itself was looked at before. */
#define COMMON                                                                             \
	{ "zones", read_zones, MEMBER(zones), false, MEMBER(n_zones), NULL },              \
		{ "provider", field_string, MEMBER(provider), true, 0, NULL },             \
		{ "alias", read_zone, MEMBER(alias), false, 0, NULL },                     \
		{ "zone", read_zone, MEMBER(zone), false, 0, NULL },                       \
		{ "ttl", field_int, MEMBER(ttl), false, 0, &ttls },                        \
	{                                                                                  \
		"propagation", read_propagation, 0, false, 0, NULL                         \
	}

static const struct field rfc2136_fields[] = {
	COMMON,
	{ "server", read_server, MEMBER(server), true, 0, NULL },
	{ "tsig", read_tsig, 0, false, 0, NULL },
};

static const struct field hook_fields[] = {
	COMMON,
	{ "hook", field_path, MEMBER(hook), true, 0, NULL },
	{ "hook_chain", field_bool, MEMBER(hook_chain), false, 0, NULL },
	{ "hook_timeout", field_seconds_some, MEMBER(hook_timeout), false, 0, NULL },
};

#define ENTRY "a mapping (zones, provider, …)"

static const struct provider {
	const char *name;
	struct schema schema;
} providers[] = {
	{ "rfc2136", { ENTRY, rfc2136_fields, ARRAY_LEN(rfc2136_fields) } },
	{ "hook", { ENTRY, hook_fields, ARRAY_LEN(hook_fields) } },
};

static const struct schema *schema_for(
	const struct reading *r, const char *what, const struct node *n)
{
	const struct node *provider = node_at(n, "provider");
	struct err e;

	if (!node_is_mapping(n, what, ENTRY, &e)) {
		reading_fail(r, &e);
		return NULL;
	}
	if (!provider) {
		reading_error(r, n, "%s: 'provider' is missing", what);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(providers); i++)
		if (provider->text && text_eq(provider->text, providers[i].name))
			return &providers[i].schema;
	node_unexpected(provider, "provider", "rfc2136 or hook", &e);
	reading_fail(r, &e);
	return NULL;
}

static bool read_entry(const struct reading *r, const char *what, const struct node *n,
	struct dns_settings *d)
{
	struct draft draft = {
		.d = { .pos = n->pos, .ttl = 60, .timeout = 120, .hook_timeout = 120 }
	};
	const struct schema *schema = schema_for(r, what, n);
	bool ok = schema && schema_read(r, schema, what, n, &draft);

	*d = draft.d;
	return ok;
}

bool settings_read_dns(const struct reading *r, const char *what, const struct node *value,
	struct dns_settings **dns, size_t *n)
{
	bool ok = true;
	struct err e;

	if (!node_is_sequence(value, what, "a list of entries (- provider: …)", &e))
		return reading_fail(r, &e);
	*dns = arena_calloc(r->a, value->n, sizeof **dns);
	*n = value->n;
	for (size_t i = 0; i < value->n; i++)
		if (!read_entry(r, what, value->items[i], &(*dns)[i]))
			ok = false;
	return ok;
}
