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

static bool read_servers(const struct reading *r, const struct field *f,
	const struct node *value, void *base, bool names)
{
	const char *const **list = (const char *const **)(void *)((char *)base + f->offset);
	const size_t *n = (const size_t *)(const void *)((char *)base + f->count);
	bool ok = true;

	if (!field_strings(r, f, value, base))
		return false;
	if (!*n)
		return reading_error(r, value, "%s: an empty list", f->key);
	for (size_t i = 0; i < *n; i++) {
		const char *wrong = name_check_server(r->a, (*list)[i], names);

		if (wrong)
			ok = bad_text(r, f, value, i, (*list)[i], wrong);
	}
	return ok;
}

static bool read_addresses(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	return read_servers(r, f, value, base, false);
}

static bool read_primaries(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	return read_servers(r, f, value, base, true);
}

static bool read_api(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *draft = base;
	size_t len;

	if (!field_string(r, f, value, base))
		return false;
	if (!text_starts(draft->d.api, "https://") && !text_is_loopback_url(draft->d.api))
		return reading_error(r, value,
			"%s: expected an https:// URL (http:// only for localhost), found '%.60s'",
			f->key, draft->d.api);
	for (len = strlen(draft->d.api); draft->d.api[len - 1] == '/';)
		len--;
	draft->d.api = arena_strndup(r->a, draft->d.api, len);
	return true;
}

/* The name of one of acme.sh's scripts, and of the functions in it. */
static bool read_dnsapi(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_";
	struct draft *draft = base;

	if (!field_string(r, f, value, base))
		return false;
	return (text_starts(draft->d.dnsapi, "dns_") &&
		       !draft->d.dnsapi[strspn(draft->d.dnsapi, letters)]) ||
		reading_error(r, value, "%s: expected a name like dns_cf, found '%.60s'",
			f->key, draft->d.dnsapi);
}

static const struct field key_fields[] = { SECRET_FIELDS(0) };
static const struct schema key_schema = { "a mapping (secret_file)", key_fields,
	ARRAY_LEN(key_fields) };

static bool read_consumer_key(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct draft *draft = base;

	return schema_read(r, &key_schema, f->key, value, &draft->d.consumer_key) &&
		secret_is_said(r, f, value, &draft->d.consumer_key);
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
	{ "allow_md5", field_bool, MEMBER(allow_md5), false, 0, NULL },
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
	{ "resolvers", PROPAGATION_RESOLVERS },
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
	{ "trust_anchor", field_path, MEMBER(trust_anchor), false, 0, NULL },
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
	{ "server", read_primaries, MEMBER(primaries), true, MEMBER(n_primaries), NULL },
	{ "tsig", read_tsig, 0, false, 0, NULL },
};

static const struct choice dialects[] = {
	{ "dehydrated", 0 },
	{ "certbot", 0 },
	{ "lego", 0 },
	{ "lego-raw", 0 },
	{ "uacme", 0 },
	{ "getssl", 0 },
	{ NULL, 0 },
};

static const struct field hook_fields[] = {
	COMMON,
	{ "hook", field_path, MEMBER(hook), true, 0, NULL },
	{ "cleanup_hook", field_path, MEMBER(cleanup_hook), false, 0, NULL },
	{ "dialect", field_word, MEMBER(dialect), false, 0, dialects },
	{ "hook_chain", field_bool, MEMBER(hook_chain), false, 0, NULL },
	{ "hook_timeout", field_seconds_some, MEMBER(hook_timeout), false, 0, NULL },
};

static const struct field nsupdate_fields[] = {
	COMMON,
	{ "server", read_server, MEMBER(server), true, 0, NULL },
	{ "key_file", field_path, MEMBER(key_file), false, 0, NULL },
	{ "gss", field_bool, MEMBER(gss), false, 0, NULL },
};

/* acme.sh's own scripts; what they want in their environment is the secret. */
static const struct field acmesh_fields[] = {
	COMMON,
	{ "acmesh", field_path, MEMBER(acmesh), true, 0, NULL },
	{ "dnsapi", read_dnsapi, MEMBER(dnsapi), true, 0, NULL },
	{ "hook_timeout", field_seconds_some, MEMBER(hook_timeout), false, 0, NULL },
	SECRET_FIELDS(MEMBER(secret)),
};

/* ---- providers with an HTTPS API ---- */

#define API                                                                                \
	COMMON, { "api", read_api, MEMBER(api), false, 0, NULL },                          \
	{                                                                                  \
		"ca_file", field_path, MEMBER(ca_file), false, 0, NULL                     \
	}

static const struct field token_fields[] = {
	API,
	SECRET_FIELDS(MEMBER(secret)),
};

static const struct field cloudflare_fields[] = {
	API,
	{ "email", field_string, MEMBER(user), false, 0, NULL },
	SECRET_FIELDS(MEMBER(secret)),
};

static const struct field powerdns_fields[] = {
	COMMON,
	{ "api", read_api, MEMBER(api), true, 0, NULL },
	{ "ca_file", field_path, MEMBER(ca_file), false, 0, NULL },
	{ "server_id", field_string, MEMBER(server_id), false, 0, NULL },
	SECRET_FIELDS(MEMBER(secret)),
};

static const struct field ovh_fields[] = {
	API,
	{ "application_key", field_string, MEMBER(user), true, 0, NULL },
	{ "consumer_key", read_consumer_key, MEMBER(consumer_key), true, 0, NULL },
	SECRET_FIELDS(MEMBER(secret)),
};

static const struct field route53_fields[] = {
	API,
	{ "access_key_id", field_string, MEMBER(user), true, 0, NULL },
	SECRET_FIELDS(MEMBER(secret)),
};

static const struct field acmedns_fields[] = {
	API,
	{ "accounts", field_path, MEMBER(accounts), true, 0, NULL },
};

#define ENTRY "a mapping (zones, provider, …)"
#define ROW(name, fields, secret)                                                          \
	{                                                                                  \
		name, { ENTRY, fields, ARRAY_LEN(fields) }, secret                         \
	}

static const struct provider {
	const char *name;
	struct schema schema;
	bool wants_secret;
} providers[] = {
	ROW("rfc2136", rfc2136_fields, false),
	ROW("hook", hook_fields, false),
	ROW("nsupdate", nsupdate_fields, false),
	ROW("acmesh", acmesh_fields, false),
	ROW("acme-dns", acmedns_fields, false),
	ROW("cloudflare", cloudflare_fields, true),
	ROW("desec", token_fields, true),
	ROW("linode", token_fields, true),
	ROW("ovh", ovh_fields, true),
	ROW("powerdns", powerdns_fields, true),
	ROW("route53", route53_fields, true),
};

static bool unknown(const struct reading *r, const struct node *provider)
{
	AUTO(buf) struct buf names = BUF_EMPTY;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(providers); i++)
		buf_printf(&names, "%s%s", i ? ", " : "", providers[i].name);
	node_unexpected(provider, "provider", names.data, &e);
	return reading_fail(r, &e);
}

static const struct provider *provider_for(
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
			return &providers[i];
	unknown(r, provider);
	return NULL;
}

/* Those dialects have one script to add, and another to remove. */
static bool wants_cleanup_hook(const struct dns_settings *d)
{
	return d->hook && (text_eq(d->dialect, "certbot") || text_eq(d->dialect, "getssl"));
}

static bool read_entry(const struct reading *r, const char *what, const struct node *n,
	struct dns_settings *d)
{
	struct draft draft = { .d = { .pos = n->pos,
				       .ttl = 60,
				       .timeout = 120,
				       .hook_timeout = 120,
				       .dialect = "dehydrated" } };
	const struct provider *p = provider_for(r, what, n);
	const struct field entry = { .key = p ? p->name : what };
	const struct secret_source *secret = &draft.d.secret;
	bool ok = p && schema_read(r, &p->schema, what, n, &draft);

	if (ok && (p->wants_secret || secret_sources(secret)))
		ok = secret_is_said(r, &entry, n, &draft.d.secret);
	if (ok && !draft.d.cleanup_hook && wants_cleanup_hook(&draft.d))
		ok = reading_error(
			r, n, "hook: %s hooks want a cleanup_hook", draft.d.dialect);
	if (ok && draft.d.gss && draft.d.key_file)
		ok = reading_error(r, n, "nsupdate: 'key_file' or 'gss', not both");
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
