#include "providers/providers.h"
#include "base/alloc.h"
#include "digest/digest.h"

void providers_clear(struct providers *p)
{
	for (size_t i = 0; p->configs && i < p->settings->n_dns; i++) {
		buf_clear(&p->configs[i].tsig_secret);
		buf_clear(&p->configs[i].secret);
		buf_clear(&p->configs[i].consumer_key);
		tsig_key_clear(&p->keys[i]);
	}
	free(p->configs);
	free(p->keys);
	free(p->errs);
	*p = (struct providers){ 0 };
}

static const enum dns_check checks[] = {
	[PROPAGATION_AUTHORITATIVE] = DNS_CHECK_AUTHORITATIVE,
	[PROPAGATION_SERVERS] = DNS_CHECK_SERVERS,
	[PROPAGATION_RESOLVERS] = DNS_CHECK_RESOLVERS,
	[PROPAGATION_SLEEP] = DNS_CHECK_SLEEP,
	[PROPAGATION_NONE] = DNS_CHECK_NONE,
};

static bool sign(struct dns_config *c, struct tsig_key *key, const struct dns_settings *d,
	struct err *e)
{
	if (!dns_tsig_key(d, key, e))
		return false;
	c->tsig_name = key->name.data;
	c->tsig_algorithm = key->algorithm.data;
	if (!base64_decode(&c->tsig_secret, key->secret.data, key->secret.len))
		return err_at(e, d->tsig_secret.pos, "the TSIG secret is not base64");
	return true;
}

static bool read_secrets(struct dns_config *c, struct tsig_key *key,
	const struct dns_settings *d, struct err *e)
{
	return (!d->tsig || sign(c, key, d, e)) &&
		(!secret_sources(&d->secret) || secret_read(&d->secret, &c->secret, e)) &&
		(!secret_sources(&d->consumer_key) ||
			secret_read(&d->consumer_key, &c->consumer_key, e));
}

static struct dns_config config_of(const struct dns_settings *d)
{
	return (struct dns_config){
		.provider = d->provider,
		.primaries = d->primaries,
		.n_primaries = d->n_primaries,
		.allow_md5 = d->allow_md5,
		.server = d->server,
		.tsig_secret = BUF_EMPTY,
		.key_file = d->key_file,
		.gss = d->gss,
		.acmesh = d->acmesh,
		.dnsapi = d->dnsapi,
		.hook = d->hook,
		.cleanup_hook = d->cleanup_hook,
		.dialect = d->dialect,
		.hook_chain = d->hook_chain,
		.hook_timeout = d->hook_timeout,
		.api = d->api,
		.ca_file = d->ca_file,
		.user = d->user,
		.secret = BUF_EMPTY,
		.consumer_key = BUF_EMPTY,
		.server_id = d->server_id,
		.accounts = d->accounts,
		.zone = d->zone,
		.ttl = d->ttl,
		.check = checks[d->check],
		.servers = d->servers,
		.n_servers = d->n_servers,
		.timeout = d->timeout,
		.settle = d->settle,
		.resolvers = d->resolvers,
		.n_resolvers = d->n_resolvers,
		.trust_anchor = d->trust_anchor,
	};
}

void providers_read(struct providers *p, const struct settings *s)
{
	if (p->configs)
		return;
	p->settings = s;
	p->configs = xcalloc(s->n_dns, sizeof *p->configs);
	p->keys = xcalloc(s->n_dns, sizeof *p->keys);
	p->errs = xcalloc(s->n_dns, sizeof *p->errs);
	for (size_t i = 0; i < s->n_dns; i++) {
		p->keys[i] = (struct tsig_key)TSIG_KEY_EMPTY;
		p->configs[i] = config_of(&s->dns[i]);
		/* what the settings name and can't be had is their mistake */
		p->errs[i].kind =
			read_secrets(&p->configs[i], &p->keys[i], &s->dns[i], &p->errs[i])
			? ERR_NONE
			: ERR_CONFIG;
	}
}

const struct dns_config *providers_for(
	const struct providers *p, const char *domain, struct err *e)
{
	const struct dns_settings *d = settings_dns_for(p->settings, domain);
	size_t i;

	if (!d) {
		err_set(e, ERR_CONFIG, "%s: no dns entry in %s is for it", domain,
			p->settings->file);
		return NULL;
	}
	i = (size_t)(d - p->settings->dns);
	if (p->errs[i].kind != ERR_NONE) {
		*e = p->errs[i];
		return NULL;
	}
	return &p->configs[i];
}

const struct dns_config *providers_at(
	const struct providers *p, const char *domain, const char *name, struct err *e)
{
	return providers_for(p, settings_dns_for(p->settings, name) ? name : domain, e);
}

const struct dns_config *providers_find(const struct providers *p, const char *domain,
	const char *label, char **name, struct err *e)
{
	const struct dns_settings *d = settings_dns_for(p->settings, domain);
	const struct dns_config none = { 0 };
	const struct dns_config *c = d ? providers_for(p, domain, e) : &none;
	AUTO(str) char *usual = dns_challenge_name(label, domain);

	*name = NULL;
	if (!c)
		return NULL;
	if (d && d->alias)
		*name = xstrdup(d->alias);
	else if (!d || dns_wants_name(c))
		*name = dns_trace(c, usual, e);
	else if (!label)
		return c;
	else
		err_set(e, ERR_CONFIG,
			"%s: a hook of the dialect '%s' isn't told the record's name, and would add it at another one",
			usual, c->dialect);
	return *name ? providers_at(p, domain, *name, e) : NULL;
}

const struct dns_config *providers_to_look(const struct providers *p, const char *domain)
{
	static const struct dns_config usual = { .timeout = 120 };
	const struct dns_settings *d = settings_dns_for(p->settings, domain);

	return d ? &p->configs[d - p->settings->dns] : &usual;
}

struct dns_config providers_resolvers(const struct settings *s, const char *name)
{
	const struct dns_settings *d = s ? settings_dns_for(s, name) : NULL;
	struct dns_config c = { .provider = NULL };

	if (d) {
		c.resolvers = d->resolvers;
		c.n_resolvers = d->n_resolvers;
		c.trust_anchor = d->trust_anchor;
	}
	return c;
}
