#include "conf/bad.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/settings.h"

#include <sys/stat.h>

/* DIR/certpush.yml with this text, loaded. */
static const struct settings *load(
	const char *dir, struct arena *a, const char *text, struct errs *all)
{
	AUTO(str) char *path = fs_join(dir, "certpush.yml");
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), 0600, &e), &e);
	return settings_load(a, path, all);
}

static const struct settings *good(const char *dir, struct arena *a, const char *text)
{
	struct errs all = { 0 };
	const struct settings *s = load(dir, a, text, &all);

	if (!s)
		fail_msg("%s\n%d:%d: %s", text, all.list[0].pos.line, all.list[0].pos.col,
			all.list[0].msg);
	return s;
}

static void check_certificates(const struct settings *s)
{
	const struct certificate *c = settings_certificate(s, "www");

	assert_ptr_equal(c->cas[0], s->cas[0]);
	assert_int_equal(c->n_names, 2);
	assert_string_equal(c->names[0], "www.example.net");
	assert_string_equal(c->names[1], "*.example.net");
	assert_string_equal(c->key, "rsa2048");
	assert_true(c->reuse_key);
	assert_int_equal(c->pos.line, 22);
	assert_null(settings_certificate(s, "mail"));
	c = settings_certificate(s, "mail.example.net");
	assert_string_equal(c->names[0], "mail.example.net");
}

static void what_is_said_is_read(void **state)
{
	static const char text[] =
		"store: /var/lib/certs\n"
		"playbooks: [playbooks, /srv/pb]\n"
		"trust: ca.pem\n"
		"renew_days: 30\n"
		"acme:\n"
		"  ca: https://ca.example.net/dir\n"
		"  ca_file: ca.pem\n"
		"  contact: [mailto:me@example.net, you@example.net]\n"
		"  profile: {prefer: tlsserver}\n"
		"  timeout: 10m\n"
		"dns:\n"
		"  - zones: [Example.NET., _acme-challenge.example.org]\n"
		"    provider: rfc2136\n"
		"    server: \"[2001:db8::1]:5353\"\n"
		"    tsig: {name: Acme., algorithm: hmac-sha512, secret_file: acme.key}\n"
		"    ttl: 30\n"
		"    propagation: {servers: [192.0.2.1, \"192.0.2.2:5353\"], settle: 10s, trust_anchor: root.key}\n"
		"  - provider: hook\n"
		"    hook: hooks/dns.sh\n"
		"    hook_chain: yes\n"
		"certificates:\n"
		"  www: {names: [WWW.example.net., '*.example.net', www.example.net], key: rsa2048, reuse_key: true}\n"
		"  mail.example.net:\n";
	AUTO(arena) struct arena *a = arena_new();
	AUTO(str) char *trust = fs_join(*state, "ca.pem");
	const struct settings *s = good(*state, a, text);
	const struct dns_settings *d = s->dns;

	assert_string_equal(s->store, "/var/lib/certs");
	assert_string_equal(s->trust, trust);
	assert_string_equal(s->playbooks[1], "/srv/pb");
	assert_int_equal(s->n_playbooks, 2);
	assert_int_equal(s->renew_days, 30);
	assert_int_equal(s->n_cas, 1);
	assert_string_equal(s->cas[0]->name, "https://ca.example.net/dir");
	assert_string_equal(s->cas[0]->ca_file, trust);
	assert_string_equal(s->cas[0]->contact[1], "mailto:you@example.net");
	assert_string_equal(s->cas[0]->profile.name, "tlsserver");
	assert_true(s->cas[0]->profile.optional);
	assert_int_equal(s->cas[0]->timeout, 600);
	assert_string_equal(d->zones[0], "example.net");
	assert_string_equal(d->zones[1], "_acme-challenge.example.org");
	assert_int_equal(d->n_primaries, 1);
	assert_string_equal(d->primaries[0], "[2001:db8::1]:5353");
	assert_true(d->tsig);
	assert_string_equal(d->tsig_name, "acme");
	assert_string_equal(d->tsig_algorithm, "hmac-sha512");
	assert_true(text_ends(d->tsig_secret.file, "/acme.key"));
	assert_int_equal(d->ttl, 30);
	assert_int_equal(d->check, PROPAGATION_SERVERS);
	assert_int_equal(d->n_servers, 2);
	assert_int_equal(d->settle, 10);
	assert_true(text_ends(d->trust_anchor, "/root.key"));
	assert_true(d[1].hook_chain);
	assert_true(text_ends(d[1].hook, "/hooks/dns.sh"));
	check_certificates(s);
}

static void what_is_not_said_has_defaults(void **state)
{
	const char *dir = *state;
	AUTO(arena) struct arena *a = arena_new();
	AUTO(str) char *store = fs_join(dir, "certs");
	const struct settings *s = good(dir, a,
		"dns: [{provider: rfc2136, server: ns.example.net}]\ncertificates: {a.example.net: }");

	assert_string_equal(s->store, store);
	assert_true(text_ends(s->inventory, "/inventory"));
	assert_true(text_ends(s->accounts, "/accounts"));
	assert_true(text_ends(s->playbooks[0], "/playbooks"));
	assert_false(s->playbooks_said);
	assert_null(s->trust);
	assert_int_equal(s->renew_days, 0);
	assert_string_equal(s->cas[0]->name, "letsencrypt");
	assert_null(s->cas[0]->directory);
	assert_int_equal(s->cas[0]->timeout, 300);
	assert_string_equal(s->cas[0]->account_key, "p256");
	assert_null(s->cas[0]->profile.name);
	assert_null(s->cas[0]->eab.kid);
	assert_string_equal(s->staging->name, "letsencrypt-staging");
	assert_false(s->dns->tsig);
	assert_int_equal(s->dns->ttl, 60);
	assert_int_equal(s->dns->timeout, 120);
	assert_null(s->dns->trust_anchor);
	assert_int_equal(s->dns->settle, 0);
	assert_int_equal(s->dns->check, PROPAGATION_AUTHORITATIVE);
	assert_string_equal(s->certificates->key, "p256");
	assert_false(s->certificates->reuse_key);
}

/* `acme` speaks of all CAs, `cas` of one; eab and ca_file are of the one they stand at. */
static void each_ca_has_what_is_said_of_it(void **state)
{
	static const char text[] =
		"acme:\n"
		"  ca: corp\n"
		"  staging: letsencrypt-staging\n"
		"  ca_file: ca.pem\n"
		"  contact: me@example.net\n"
		"  account_key: ed25519\n"
		"  preferred_chain: Root YE\n"
		"  challenge: dns-account-01\n"
		"cas:\n"
		"  corp: {directory: https://ca.example.net/dir, timeout: 9}\n"
		"  zerossl:\n"
		"    eab: {kid: abc, secret_env: MAC}\n"
		"    contact: you@example.net\n"
		"    account_key: p384\n"
		"  google:\n"
		"certificates:\n"
		"  a.example.net:\n"
		"  b.example.net: {ca: [zerossl, corp], profile: {require: fast}, preferred_chain: X, challenge: dns-01}\n"
		"  c.example.net: {ca: google}\n";
	AUTO(arena) struct arena *a = arena_new();
	const struct settings *s = good(*state, a, text);
	const struct certificate *c = settings_certificate(s, "b.example.net");
	const struct ca_settings *corp = settings_certificate(s, "a.example.net")->cas[0];

	assert_int_equal(s->n_cas, 4);
	assert_string_equal(corp->directory, "https://ca.example.net/dir");
	assert_int_equal(corp->timeout, 9);
	assert_non_null(corp->ca_file);
	assert_string_equal(corp->contact[0], "mailto:me@example.net");
	assert_string_equal(corp->account_key, "ed25519");
	assert_string_equal(corp->preferred_chain, "Root YE");
	assert_int_equal(c->n_cas, 2);
	assert_ptr_equal(c->cas[1], corp);
	assert_string_equal(c->profile.name, "fast");
	assert_false(c->profile.optional);
	assert_string_equal(c->preferred_chain, "X");
	assert_string_equal(challenge_of(c, c->cas[0]), "dns-01");
	assert_string_equal(challenge_of(settings_certificate(s, "a.example.net"), corp),
		"dns-account-01");
	assert_string_equal(c->cas[0]->eab.kid, "abc");
	assert_string_equal(c->cas[0]->eab.secret.env, "MAC");
	assert_string_equal(c->cas[0]->contact[0], "mailto:you@example.net");
	assert_string_equal(c->cas[0]->account_key, "p384");
	assert_null(c->cas[0]->ca_file);
	assert_int_equal(c->cas[0]->timeout, 300);
	c = settings_certificate(s, "c.example.net");
	assert_string_equal(c->cas[0]->name, "google");
	assert_string_equal(c->cas[0]->contact[0], "mailto:me@example.net");
	assert_string_equal(s->staging->name, "letsencrypt-staging");
	assert_null(s->staging->ca_file);
}

static void several_key_types_are_several_certificates(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct settings *s = good(*state, a,
		"certificates: {www: {names: [a.net, b.net], key: [p256, rsa2048], next_key: yes}}");
	const struct certificate *rsa = settings_certificate(s, "www.rsa2048");

	assert_int_equal(s->n_certificates, 2);
	assert_string_equal(settings_certificate(s, "www")->key, "p256");
	assert_string_equal(rsa->key, "rsa2048");
	assert_string_equal(rsa->entry, "www");
	assert_int_equal(rsa->n_names, 2);
	assert_true(rsa->next_key);
	assert_int_equal(rsa->n_cas, 1);
}

static void the_first_dns_entry_with_a_zone_of_the_name_is_it(void **state)
{
	static const struct {
		const char *name;
		int entry; /* -1: none */
	} rows[] = {
		{ "example.net", 0 },
		{ "www.EXAMPLE.net.", 0 },
		{ "*.example.net", 0 },
		{ "a.sub.example.org", 1 },
		{ "badexample.net", -1 },
		{ "example.org", -1 },
		{ "net", -1 },
	};
	AUTO(arena) struct arena *a = arena_new();
	const struct settings *s = good(*state, a,
		"dns:\n- {provider: hook, hook: a, zones: example.net}\n"
		"- {provider: hook, hook: b, zones: [sub.example.org, www.example.net]}\n");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct dns_settings *d = settings_dns_for(s, rows[i].name);

		assert_ptr_equal(d, rows[i].entry < 0 ? NULL : &s->dns[rows[i].entry]);
	}
	s = good(*state, a, "dns: [{provider: hook, hook: a}]");
	assert_non_null(settings_dns_for(s, "anything.example"));
}

static void bad_settings_get_a_line_with_the_place(void **state)
{
	static const struct bad rows[] = {
		{ "", 1, 1, "the file is empty" },
		{ "# nothing\n", 1, 1, "the file is empty" },
		{ "- a", 1, 1,
			"settings: expected a mapping of settings (store, acme, dns, …), found a list" },
		{ "sotre: x", 1, 1, "unknown key 'sotre': did you mean 'store'?" },
		{ "frobnicate: x", 1, 1,
			"unknown key 'frobnicate': there are store, accounts" },
		{ "store: [x]", 1, 8, "store: expected a text, found a list" },
		{ "store: ''", 1, 8, "store: expected a text, found an empty one" },
		{ "store:\n\tx: 1", 2, 1, "a tab" },
		{ "store: a\nstore: b", 2, 1,
			"'store' is here a second time: the first is in line 1" },
		{ "store: !vault x", 1, 8, "can't open Ansible's vault" },
		{ "renew_days: soon", 1, 13,
			"renew_days: expected a number of days (1-365), found 'soon'" },
		{ "renew_days: 0", 1, 13, "found '0'" },
		{ "acme: letsencrypt", 1, 7, "acme: expected a mapping" },
		{ "acme: {ca: http://ca/dir}", 1, 12, "https" },
		{ "acme: {contact: me}", 1, 17, "expected mailto:" },
		{ "acme: {contact: 'mailto:a@b,c@d'}", 1, 17, "expected mailto:" },
		{ "acme: {profile: {require: a, prefer: b}}", 1, 17, "expected one of" },
		{ "acme: {profile: {}}", 1, 17, "expected one of" },
		{ "acme: {profile: []}", 1, 17, "expected a text, found a list" },
		{ "acme: {timeout: 0}", 1, 17, "at least one second" },
		{ "acme: {timeout: long}", 1, 17, "expected a duration" },
		{ "dns: {provider: hook}", 1, 6, "dns: expected a list of entries" },
		{ "dns: [hook]", 1, 7,
			"expected a mapping (zones, provider, …), found 'hook'" },
		{ "dns: [{zones: [a]}]", 1, 7, "'provider' is missing" },
		{ "dns: [{provider: route66}]", 1, 18,
			"provider: expected rfc2136, hook, nsupdate, acmesh, acme-dns, cloudflare" },
		{ "dns: [{provider: cloudflare}]", 1, 7,
			"cloudflare: expected one of secret_file" },
		{ "dns: [{provider: linode, secret_env: A, secret_file: b}]", 1, 7,
			"linode: expected one of secret_file, secret_env and secret_command, found several" },
		{ "dns: [{provider: desec, secret_env: A, api: 'http://a'}]", 1, 45,
			"api: expected an https:// URL" },
		{ "dns: [{provider: powerdns, secret_env: A}]", 1, 7, "'api' is missing" },
		{ "dns: [{provider: route53, secret_env: A}]", 1, 7, "'access_key_id'" },
		{ "dns: [{provider: ovh, secret_env: A, application_key: a}]", 1, 7,
			"'consumer_key' is missing" },
		{ "dns: [{provider: ovh, secret_env: A, application_key: a, consumer_key: {}}]",
			1, 72, "consumer_key: expected one of secret_file" },
		{ "dns: [{provider: acme-dns}]", 1, 7, "'accounts' is missing" },
		{ "dns: [{provider: acmesh, acmesh: a, dnsapi: ../x}]", 1, 45,
			"dnsapi: expected a name like dns_cf" },
		{ "dns: [{provider: nsupdate, server: a, gss: yes, key_file: k}]", 1, 7,
			"not both" },
		{ "dns: [{provider: hook, hook: x, dialect: acme}]", 1, 42,
			"dialect: expected dehydrated, certbot, lego, lego-raw, uacme or getssl" },
		{ "dns: [{provider: hook, hook: x, dialect: certbot}]", 1, 7,
			"certbot hooks want a cleanup_hook" },
		{ "dns: [{provider: hook}]", 1, 7, "dns: 'hook' is missing" },
		{ "dns: [{provider: hook, hook: x, server: y}]", 1, 33,
			"unknown key 'server'" },
		{ "dns: [{provider: rfc2136}]", 1, 7, "'server' is missing" },
		{ "rollout: {serial: 0}", 1, 19,
			"serial: expected a number of hosts or percents (25%), found '0'" },
		{ "rollout: {serial: [1, 25 %]}", 1, 23, "found '25 %'" },
		{ "rollout: {max_fail_percentage: 101}", 1, 32, "percents (0-100)" },
		{ "dns: [{provider: rfc2136, server: []}]", 1, 35, "an empty list" },
		{ "dns: [{provider: rfc2136, server: [a, 'a b']}]", 1, 39,
			"server: 'a b' is no host" },
		{ "dns: [{provider: rfc2136, server: 'a b'}]", 1, 35,
			"server: 'a b' is no host" },
		{ "dns: [{provider: rfc2136, server: '192.0.2.1:0'}]", 1, 35, "no host" },
		{ "dns: [{provider: rfc2136, server: '192.0.2.1:99999'}]", 1, 35,
			"no host" },
		{ "dns: [{provider: rfc2136, server: '[::1'}]", 1, 35, "no host" },
		{ "dns: [{provider: rfc2136, server: '[::1]53'}]", 1, 35, "no host" },
		{ "dns: [{provider: rfc2136, server: '[a.b]:53'}]", 1, 35, "no host" },
		{ "dns: [{provider: hook, hook: x, ttl: 0}]", 1, 38, "seconds (1-86400)" },
		{ "dns: [{provider: hook, hook: x, zones: []}]", 1, 40, "an empty list" },
		{ "dns: [{provider: hook, hook: x, zones: ['*.a']}]", 1, 41, "has a '*'" },
		{ "dns: [{provider: hook, hook: x, zone: a..b}]", 1, 39, "an empty label" },
		{ "dns: [{provider: hook, hook: x, propagation: {check: maybe}}]", 1, 54,
			"expected authoritative, servers, resolvers, sleep or none, found 'maybe'" },
		{ "dns: [{provider: hook, hook: x, propagation: {check: servers}}]", 1, 46,
			"wants a list 'servers'" },
		{ "dns: [{provider: hook, hook: x, propagation: {check: none, servers: [192.0.2.1]}}]",
			1, 46, "goes with 'check: servers'" },
		{ "dns: [{provider: hook, hook: x, propagation: {check: sleep}}]", 1, 46,
			"wants 'settle'" },
		{ "dns: [{provider: hook, hook: x, propagation: {servers: [ns.example.net]}}]",
			1, 57, "is no address" },
		{ "dns: [{provider: hook, hook: x, propagation: {resolvers: []}}]", 1, 58,
			"an empty list" },
		{ "dns: [{provider: rfc2136, server: a, tsig: {name: x}}]", 1, 44,
			"expected one of secret_file, secret_env and secret_command, found none" },
		{ "dns: [{provider: rfc2136, server: a, tsig: {secret_env: x, secret_file: y}}]",
			1, 44, "found several" },
		{ "dns: [{provider: rfc2136, server: a, tsig: {secret_env: x, algorithm: md5}}]",
			1, 71, "expected hmac-sha256" },
		{ "certificates: [a]", 1, 15,
			"expected a mapping of names to certificates, found a list" },
		{ "certificates: {www: }", 1, 16, "'www' has one label only" },
		{ "certificates: {'*.a.b': }", 1, 16, "write NAME: {names:" },
		{ "certificates: {../a: }", 1, 16, "begins with '.'" },
		{ "certificates: {a/b: {names: [a.b]}}", 1, 16, "can't name a directory" },
		{ "certificates: {a.b: [a.b]}", 1, 21,
			"a.b: expected a mapping (names, key, …) or nothing, found a list" },
		{ "certificates: {a: {names: []}}", 1, 27, "an empty list" },
		{ "certificates: {a: {names: [b.c], key: dsa}}", 1, 39,
			"key: expected p256, p384, rsa2048, rsa3072 or rsa4096, found 'dsa'" },
		{ "certificates: {a: {names: [b.c], reuse_key: 2}}", 1, 45,
			"expected yes or no" },
		{ "certificates: {a: {names: [192.0.2.1]}}", 1, 28,
			"is an address: DNS-01 can't prove one" },
		{ "certificates: {a: {names: ['2001:db8::1']}}", 1, 28, "is an address" },
		{ "certificates: {a: {names: [192.0.2.300]}}", 1, 28,
			"its last label is a number" },
		{ "certificates: {a: {names: [b\xc3\xbc"
		  "cher.example]}}",
			1, 28, "write the A-label (xn--…)" },
		{ "certificates: {a: {names: [a_b.example]}}", 1, 28, "is no DNS name" },
		{ "certificates: {a: {names: [-a.example]}}", 1, 28,
			"begins or ends with '-'" },
		{ "certificates: {a: {names: ['a.*.example']}}", 1, 28,
			"isn't its whole first label" },
		{ "certificates: {a: {names: ['*.*.example']}}", 1, 28,
			"isn't its whole first label" },
		{ "certificates: {a: {names: ['https://a.example/']}}", 1, 28,
			"is no DNS name" },
		{ "certificates: {a: {names: [a..example]}}", 1, 28, "an empty label" },
		{ "certificates: {a.b: {reuse_key: yes, next_key: yes}}", 1, 21,
			"'reuse_key' or 'next_key', not both" },
		{ "certificates: {a.b: {key: []}}", 1, 27, "key: an empty list" },
		{ "certificates: {a.b: {key: [p256, dsa]}}", 1, 34, "found 'dsa'" },
		{ "certificates: {a.b: {key: [p256, p384, p384]}}", 1, 16,
			"a second certificate 'a.b.p384'" },
		{ "acme: {account_key: dsa}", 1, 21, "account_key: expected p256" },
		{ "acme: {staging: [a, b]}", 1, 7, "staging: expected one CA" },
		{ "acme: {ca: []}", 1, 12, "ca: an empty list" },
		{ "acme: {ca: [a, b], ca_file: x}", 1, 7, "put them under 'cas'" },
		{ "acme: {eab: {secret_file: x}}", 1, 13, "kid" },
		{ "acme: {eab: {kid: x}}", 1, 13, "found none" },
		{ "cas: [a]", 1, 6, "cas: expected a mapping of names to CAs" },
		{ "cas: {x: {directory: http://a/b}}", 1, 22, "expected an https:// URL" },
		{ "cas: {x: {ca: y}}", 1, 11, "ca" },
		{ "certificates: {a.b: {ca: http://c/d}}", 1, 26,
			"expected a CA's name or an https:// URL" },
		{ "domains: none.txt", 1, 10, "none.txt: No such file" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		struct errs all = { 0 };

		assert_bad(&rows[i], load(*state, a, rows[i].text, &all), &all);
		assert_int_equal(all.n, 1);
		assert_true(text_ends(all.list[0].pos.file, "/certpush.yml"));
	}
}

static void a_file_is_mended_once(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };

	assert_null(load(*state, a,
		"stor: x\nrenew_days: x\nacme: {ca: http://x, y: z}\n"
		"dns: [{provider: x}, {provider: hook}]\n"
		"certificates: {a.b: {key: x, names: [x, y]}}\n",
		&all));
	assert_int_equal(all.n, 9);
}

static void a_missing_file_is_told(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };

	(void)state;
	assert_null(settings_load(a, "/nonexistent/certpush.yml", &all));
	assert_int_equal(all.list[0].kind, ERR_IO);
}

static void too_many_names_are_refused(void **state)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };

	buf_puts(&b, "certificates: {a: {names: [");
	for (int i = 0; i < CERTIFICATE_MAX_NAMES; i++)
		buf_printf(&b, "n%d.example,", i);
	buf_puts(&b, "n0.example]}}\n");
	assert_non_null(good(*state, a, b.data));
	buf_truncate(&b, b.len - strlen("]}}\n"));
	buf_puts(&b, ",over.example]}}\n");
	assert_null(load(*state, a, b.data, &all));
	assert_non_null(
		strstr(all.list[0].msg, "'over.example' is one name too many: 100"));
}

static void domains_txt_stands_beside_certificates(void **state)
{
	const char *dir = *state;
	AUTO(str) char *path = fs_join(dir, "domains.txt");
	AUTO(arena) struct arena *a = arena_new();
	const struct settings *s;
	struct errs all = { 0 };
	struct err e;

	assert_ok(fs_write(path, "a.example b.example\n", 20, 0600, &e), &e);
	s = good(dir, a, "domains: domains.txt\ncertificates: {c.example: }");
	assert_int_equal(s->n_certificates, 2);
	assert_int_equal(settings_certificate(s, "a.example")->n_names, 2);
	assert_null(
		load(dir, a, "domains: domains.txt\ncertificates: {a.example: }", &all));
	assert_non_null(strstr(all.list[0].msg, "a second certificate 'a.example'"));
	assert_true(text_ends(all.list[0].pos.file, "domains.txt"));
}

static void a_secret_in_clear_wants_a_private_file(void **state)
{
	static const char text[] =
		"dns: [{provider: rfc2136, server: a, tsig: {name: k, secret: c2VjcmV0}}]";
	const char *dir = *state;
	AUTO(str) char *path = fs_join(dir, "certpush.yml");
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e;

	assert_ok(secret_read(&good(dir, a, text)->dns->tsig_secret, &b, &e), &e);
	assert_string_equal(b.data, "c2VjcmV0");
	assert_int_equal(chmod(path, 0640), 0);
	assert_null(settings_load(a, path, &all));
	assert_non_null(
		strstr(all.list[0].msg, "in a file that others can read: chmod 600"));
	assert_null(strstr(all.list[0].msg, "c2VjcmV0"));
}

static void settings_are_looked_for_in_order(void **state)
{
	const char *dir = *state;
	AUTO(str) char *folder = fs_join(dir, "certpush");
	AUTO(str) char *path = fs_join(folder, "certpush.yml");
	char *before = getcwd(NULL, 0);
	char *found;
	struct err e;

	assert_int_equal(chdir(dir), 0);
	unsetenv("CERTPUSH_CONFIG");
	setenv("XDG_CONFIG_HOME", dir, 1);
	assert_err(settings_find(NULL, &e), &e, ERR_USAGE, path);
	assert_ok(fs_mkdirs(folder, 0700, &e), &e);
	assert_ok(fs_write(path, "", 0, 0600, &e), &e);
	found = settings_find(NULL, &e);
	assert_string_equal(found, path);
	free(found);
	assert_ok(fs_write("certpush.yml", "", 0, 0600, &e), &e);
	found = settings_find(NULL, &e);
	assert_string_equal(found, "certpush.yml");
	free(found);
	setenv("CERTPUSH_CONFIG", "env.yml", 1);
	found = settings_find(NULL, &e);
	assert_string_equal(found, "env.yml");
	free(found);
	found = settings_find("given.yml", &e);
	assert_string_equal(found, "given.yml");
	free(found);
	unsetenv("CERTPUSH_CONFIG");
	assert_int_equal(chdir(before), 0);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_is_said_is_read),
		scratch_test(what_is_not_said_has_defaults),
		scratch_test(each_ca_has_what_is_said_of_it),
		scratch_test(several_key_types_are_several_certificates),
		scratch_test(the_first_dns_entry_with_a_zone_of_the_name_is_it),
		scratch_test(bad_settings_get_a_line_with_the_place),
		scratch_test(a_file_is_mended_once),
		scratch_test(a_missing_file_is_told),
		scratch_test(too_many_names_are_refused),
		scratch_test(domains_txt_stands_beside_certificates),
		scratch_test(a_secret_in_clear_wants_a_private_file),
		scratch_test(settings_are_looked_for_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
