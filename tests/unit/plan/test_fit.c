#include "check.h"
#include "made_cert.h"
#include "plan/plan.h"

static struct made root, other_root;
static struct trust *trust;

static int setup(void **state)
{
	(void)state;
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	root = made_cert(&(const struct made_wish){ .cn = "Root" }, NULL);
	other_root = made_cert(&(const struct made_wish){ .cn = "(STAGING) Root" }, NULL);
	trust = made_trust(&root);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	made_clear(&root);
	made_clear(&other_root);
	trust_free(trust);
	return 0;
}

#define DAYS *MADE_DAY

static void only_what_is_fit_may_be_pushed(void **state)
{
	static const char *const names[] = { "www.example.net", "example.net" };
	static const char both[] = "DNS:www.example.net,DNS:example.net";
	static const struct {
		const char *san;
		long from, to;
		bool staging, other_key, unasked;
		const char *says; /* NULL: fit */
	} rows[] = {
		{ .san = both },
		{ .san = "DNS:example.net,DNS:WWW.EXAMPLE.NET" },
		{ .san = "DNS:ftp.example.net", .unasked = true },
		{ .san = both,
			.other_key = true,
			.says = "the key isn't the certificate's" },
		{ .san = both, .from = -90 DAYS, .to = -60, .says = "expired on " },
		{ .san = both, .from = 3600, .to = 90 DAYS, .says = "not valid before " },
		{ .san = "DNS:www.example.net", .says = "isn't for the names" },
		{ .san = "DNS:*.example.net,DNS:example.net",
			.says = "isn't for the names" },
		{ .san = "DNS:www.example.net,DNS:example.net,DNS:a.example.net",
			.says = "isn't for the names" },
		{ .san = both,
			.staging = true,
			.says = "neither in the chain nor a trusted" },
		{ .san = both, .staging = true, .unasked = true, .says = "trusted root" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct made_wish w = { "www", rows[i].san, rows[i].from, rows[i].to,
			NULL };
		AUTO(made)
		struct made leaf = made_cert(&w, rows[i].staging ? &other_root : &root);
		AUTO(bundle) struct bundle b = BUNDLE_EMPTY;
		struct err e = { 0 };
		bool ok;

		b.chain = MADE_CHAIN(&leaf);
		b.key = made_key(rows[i].other_key ? &root : &leaf);
		ok = plan_fit(&b, rows[i].unasked ? NULL : names, rows[i].unasked ? 0 : 2,
			trust, &e);
		if (ok != !rows[i].says)
			fail_msg("row %zu: %s", i, ok ? "fit" : e.msg);
		if (!ok && (e.kind != ERR_REFUSED || !strstr(e.msg, rows[i].says)))
			fail_msg("row %zu: %d, %s", i, (int)e.kind, e.msg);
	}
}

static void a_chain_without_its_intermediate_is_not_fit(void **state)
{
	AUTO(made)
	struct made ca = made_cert(&(const struct made_wish){ .cn = "R10" }, &root);
	AUTO(made)
	struct made leaf = made_cert(
		&(const struct made_wish){ .cn = "www", .san = "DNS:www.example.net" },
		&ca);
	AUTO(bundle) struct bundle b = BUNDLE_EMPTY;
	struct err e;

	(void)state;
	b.key = made_key(&leaf);
	b.chain = MADE_CHAIN(&leaf);
	assert_err(plan_fit(&b, NULL, 0, trust, &e), &e, ERR_REFUSED, "R10");
	chain_clear(&b.chain);
	b.chain = MADE_CHAIN(&leaf, &ca);
	assert_ok(plan_fit(&b, NULL, 0, trust, &e), &e);
}

static void a_service_may_want_it_for_clients_too(void **state)
{
	static const struct {
		const char *eku;
		bool service, check;
		const char *name; /* the check's */
		bool fit;
	} rows[] = {
		{ .eku = "serverAuth", .fit = true },
		{ .eku = "serverAuth", .service = true },
		{ .eku = "serverAuth", .check = true },
		{ .eku = "serverAuth", .check = true, .name = "www.example.net" },
		/* another certificate's business */
		{ .eku = "serverAuth", .check = true, .name = "a.net", .fit = true },
		{ .eku = "serverAuth,clientAuth", .service = true, .fit = true },
		{ .eku = "clientAuth", .check = true, .fit = true },
		{ .service = true, .fit = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct made_wish w = { .cn = "www", .san = "DNS:www.example.net" };
		const struct made_special special = { .eku = rows[i].eku };
		AUTO(made) struct made leaf = made_special_cert(&w, &root, &special);
		AUTO(bundle) struct bundle b = BUNDLE_EMPTY;
		struct check checks[] = { { .client_auth = false },
			{ .client_auth = rows[i].check, .name = rows[i].name } };
		const struct service s = {
			.checks = checks, .n_checks = 2, .client_auth = rows[i].service
		};
		struct err e = { 0 };

		b.chain = MADE_CHAIN(&leaf);
		if (plan_fit_for(&b, &s, &e) != rows[i].fit)
			fail_msg("row %zu: %s", i, rows[i].fit ? e.msg : "fit");
		if (!rows[i].fit &&
			(e.kind != ERR_REFUSED || !strstr(e.msg, "(clientAuth)")))
			fail_msg("row %zu: %d, %s", i, (int)e.kind, e.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_fit_may_be_pushed),
		cmocka_unit_test(a_chain_without_its_intermediate_is_not_fit),
		cmocka_unit_test(a_service_may_want_it_for_clients_too),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
