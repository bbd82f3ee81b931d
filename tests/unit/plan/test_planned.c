/* A plan that was kept: what of the world may have changed since, and how that is told. */
#include "base/text.h"
#include "check.h"
#include "made_cert.h"
#include "plan/planned.h"
#include "plan/world.h"

#include <string.h>

static const char store[] = "0123456789abcdef";

/* Beside a host with two services that have something to do, and a third that hasn't. */
static struct check checks[2];
static struct made older, newer;
static struct buf text;

/* The host is looked at. */
static void look(struct world *w, bool force)
{
	world_plan(w, NULL);
	world_compare(w, force);
	plan_commands(w->arena, w->plan);
}

static struct planned *parse(struct world *w, struct err *e)
{
	return planned_parse(w->arena, text.data, text.len, store, e);
}

static const struct planned_host *read_back(struct world *w)
{
	struct err e;
	struct planned *p = parse(w, &e);

	assert_ok(p, &e);
	return planned_host(p, "h");
}

static void keep(struct world *w)
{
	struct planned *p = planned_new(w->arena, store, 1);

	planned_add(p, w->plan);
	buf_reset(&text);
	planned_print(p, &text);
}

static const char *const two[] = { "www", "www2" }, *const gone[] = { "gone" };
static const char *const inputs[] = { "/b/cert.pem" };
static struct build build[] = { { .command = "make", .inputs = inputs, .n_inputs = 1 } };

static int setup(void **state)
{
	static const struct seen_file old_file = { SEEN_FILE, { { 1 } }, 0644, "root",
		"root", "0", "0", false, { 0 } };
	static const struct made_wish before = { "www", "DNS:a.net", -80 * MADE_DAY,
		10 * MADE_DAY, NULL };
	static const struct made_wish now = { "www", "DNS:a.net", -1 * MADE_DAY,
		89 * MADE_DAY, NULL };
	struct world *w;

	world_setup(state);
	w = *state;
	world_has_three(w);
	w->files[2].owner = w->files[2].group = "news";
	checks[0] = (struct check){ .protocol = "smtp" };
	checks[1] = (struct check){
		.protocol = "nntp", .port = 1119, .host = "h2", .name = "n"
	};
	w->services[0].validate = "check a";
	w->services[0].reload = "reload a";
	w->services[0].restart = "restart a";
	w->services[0].checks = checks;
	w->services[0].n_checks = 2;
	w->services[0].rollback = true;
	w->services[0].wait = 15;
	w->host.connection.address = "h.example.net";
	w->host.connection.port = 22;
	older = made_cert(&before, NULL);
	newer = made_cert(&now, NULL);
	w->bundle.chain = MADE_CHAIN(&newer);
	buf_reset(&w->bundle.privkey_pem);
	buf_puts(&w->bundle.privkey_pem, "SECRET");
	w->seen[0] = w->seen[1] = w->seen[3] = old_file;
	w->seen[1].held = MADE_CHAIN(&older);
	w->seen[3].sha256 = sha256_of("chain", 5);
	buf_init(&text);
	look(w, false);
	keep(w);
	return 0;
}

static int teardown(void **state)
{
	made_clear(&older);
	made_clear(&newer);
	buf_clear(&text);
	return world_teardown(state);
}

/* Nothing, or what is told of which service. */
static void expect_at(const char *at, bool ok, const struct service *which,
	const struct service *service, const struct err *e, const char *says)
{
	if (ok != !says)
		fail_msg("%s: %s", at, ok ? "as planned" : e->msg);
	if (ok)
		return;
	assert_int_equal(e->kind, ERR_REFUSED);
	if (!strstr(e->msg, says) || !text_ends(e->msg, ": plan again"))
		fail_msg("%s: '%s' is not in: %s", at, says, e->msg);
	if (which != service)
		fail_msg("%s: of service %s", at, which ? which->name : "none");
}

static void fits(struct world *w, const struct service *service, const char *says)
{
	const struct planned_host *then = read_back(w);
	const struct service *which;
	struct err e = { 0 };
	bool ok;

	world_plan(w, NULL);
	ok = planned_fits(w->arena, then, w->plan, &which, &e);
	expect_at("fits", ok, which, service, &e, says);
}

static bool only_planned(void *ctx, const struct host *h, const struct service *s)
{
	(void)ctx;
	(void)h;
	return strcmp(s->name, "c") != 0;
}

static void holds(
	struct world *w, bool force, const struct service *service, const char *says)
{
	const struct planned_host *then = read_back(w);
	const struct service *which;
	struct err e = { 0 };
	bool ok;

	world_plan(w, only_planned);
	assert_ok(plan_compare(w->plan, w->seen, force, &e), &e);
	ok = planned_holds(w->arena, then, w->plan, &which, &e);
	expect_at("holds", ok, which, service, &e, says);
}

static void only_what_has_something_to_do_is_kept(void **state)
{
	struct world *w = *state;
	const struct planned_host *h = read_back(w);

	assert_int_equal(h->n_services, 2);
	assert_string_equal(h->services[0].name, "a");
	assert_string_equal(h->services[0].files[0].why, "content");
	assert_string_equal(h->services[0].files[1].why, "older");
	assert_string_equal(h->services[1].files[0].why, "missing");
	assert_null(planned_service(h, "c"));
	assert_null(strstr(text.data, "SECRET"));
}

static void an_idle_host_is_left_out(void **state)
{
	struct world *w = *state;

	w->host.services = w->services + 2;
	w->host.n_services = 1;
	world_plan(w, NULL);
	assert_ok(plan_compare(w->plan, w->seen + 3, false, &(struct err){ 0 }),
		&(struct err){ .msg = "compare" });
	keep(w);
	assert_null(read_back(w));
}

static void a_world_that_stands_still_is_as_planned(void **state)
{
	struct world *w = *state;

	fits(w, NULL, NULL);
	holds(w, false, NULL, NULL);
}

static void every_change_of_settings_and_store_is_told(void **state)
{
	struct world *w = *state;
	const struct service *a = &w->services[0], *b = &w->services[1];
	const struct world was = *w;
	const struct check were[] = { checks[0], checks[1] };
	struct chain other = MADE_CHAIN(&older);

#define CHANGED(change, service, says)                                                     \
	do {                                                                               \
		change;                                                                    \
		fits(w, service, says);                                                    \
		memcpy(w->files, was.files, sizeof w->files);                              \
		memcpy(checks, were, sizeof checks);                                       \
		memcpy(w->services, was.services, sizeof w->services);                     \
		w->host = was.host;                                                        \
		w->bundle = was.bundle;                                                    \
	} while (0)
	CHANGED(w->services[0].reload = "reload b", a,
		"reload was reload a, is now reload b");
	CHANGED(w->services[0].validate = NULL, a, "validate was check a, is now not said");
	CHANGED(w->services[1].restart = "x", b, "restart was not said, is now x");
	CHANGED(w->services[0].wait = 16, a, "wait was 15, is now 16");
	CHANGED(w->services[0].rollback = false, a, "rollback was auto, is now never");
	CHANGED(w->services[0].tlsa = TLSA_MANAGE, a, "tlsa was not said, is now manage");
	CHANGED(checks[0].tlsa = TLSA_NONE, a, "checks was smtp, nntp ");
	CHANGED(checks[0].tunnel = true, a, "checks was smtp, nntp ");
	CHANGED(w->services[0].n_checks = 1, a,
		"checks was smtp, nntp port=1119 host=h2 name=n, is now smtp");
	CHANGED((w->services[0].certificates = two, w->services[0].n_certificates = 2), a,
		"its certificate was www, is now www, www2");
	CHANGED(w->services[0].certificates = gone, a, "gone can't be pushed now");
	CHANGED(w->services[0].swap_directory = true, a,
		"swap was files, is now directory");
	CHANGED((w->services[1].builds = build, w->services[1].n_builds = 1), b,
		"build was not said, is now make < /b/cert.pem");
	CHANGED(w->bundle.chain = other, a, "the store's certificate was ");
	CHANGED(w->services[0].n_files = 1, a, "it had 2 files, has 1 now");
	CHANGED(w->files[0].path = "/a/k.pem", a,
		"its file was /a/key.pem, is now /a/k.pem");
	CHANGED(w->files[0].owner = "news", a, "owner was root, is now news");
	CHANGED(w->files[0].group = NULL, a, "group was ssl-cert, is now not said");
	CHANGED(w->files[1].mode = 0600, a,
		"/a/full.pem: in the settings or the store mode was 0644, is now 0600");
	CHANGED(w->files[2].part = PART_FULLCHAIN, b, "part was cert, is now fullchain");
	CHANGED(w->host.connection.address = "x", NULL,
		"login was h.example.net:22, is now x:22");
	CHANGED(w->host.connection.user = "u", NULL, "is now u@h.example.net:22");
	CHANGED(w->host.n_services = 1, NULL, "has no service b any more");
	w->host.connection.become = true;
	w->host.connection.become_user = "root";
	fits(w, NULL, "become was not said, is now root");
	chain_clear(&other);
}

static void every_change_on_the_host_is_told(void **state)
{
	struct world *w = *state;
	const struct service *a = &w->services[0], *b = &w->services[1];
	struct seen_file was[WORLD_FILES];

	memcpy(was, w->seen, sizeof was);
#define BY_NOW(change, service, says)                                                      \
	do {                                                                               \
		change;                                                                    \
		holds(w, false, service, says);                                            \
		memcpy(w->seen, was, sizeof was);                                          \
	} while (0)
	BY_NOW(w->seen[0].state = SEEN_MISSING, a,
		"/a/key.pem was content, is now missing");
	BY_NOW(w->seen[0].sha256.bytes[1] = 9, a, "/a/key.pem: the content was 01000000");
	BY_NOW(w->seen[0].mode = 0600, a, "/a/key.pem: mode was 0644, is now 0600");
	BY_NOW(w->seen[1].owed = true, a, "/a/full.pem: proved was yes, is now no");
	BY_NOW(w->seen[0] = was[0]; w->seen[0].sha256 = sha256_of("SECRET", 6);
		w->seen[0].mode = 0640; strcpy(w->seen[0].group, "ssl-cert"), a,
		"/a/key.pem was content, is now as it should be");
	BY_NOW(w->seen[2] = was[1], b, "/b/cert.pem was missing, is now older");
}

static void a_service_that_needs_nothing_any_more_is_fine(void **state)
{
	struct world *w = *state;

	w->seen[2] = (struct seen_file){ SEEN_FILE, sha256_of("cert", 4), 0644, "news",
		"news", "9", "9", false, { 0 } };
	holds(w, false, NULL, NULL);
	assert_null(w->plan->services[1].reload_why);
}

static void what_is_newer_by_now_is_told(void **state)
{
	struct world *w = *state;
	struct chain new = MADE_CHAIN(&newer), old = MADE_CHAIN(&older);
	struct chain stored = w->bundle.chain, there = w->seen[1].held;

	/* planned while the store was older, with --force: carried out only with it */
	w->bundle.chain = old;
	w->seen[1].held = new;
	look(w, true);
	keep(w);
	holds(w, true, NULL, NULL);
	assert_null(w->plan->services[0].newer);
	holds(w, false, NULL, NULL);
	assert_non_null(w->plan->services[0].newer);
	w->seen[1].sha256.bytes[3] = 7;
	holds(w, false, &w->services[0],
		"/a/full.pem was newer, is now newer than the store's");
	w->bundle.chain = stored;
	w->seen[1].held = there;
	chain_clear(&new);
	chain_clear(&old);
}

/* What is no plan of ours is one clear error. */
static void a_file_that_is_no_plan_is_told_as_what_it_is(void **state)
{
#define HEAD    "{\"certpush_plan\":1,\"store\":\"0123456789abcdef\",\"hosts\":"
#define HOST    HEAD "[{\"host\":\"h\",\"login\":{},\"services\":"
#define SERVICE HOST "[{\"service\":\"a\",\"reload_why\":\"x\",\"wants\":{},\"files\":"
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "no plan, or one that was cut" },
		{ "- service: x\n", "no plan" },
		{ "{}", "no plan" },
		{ "[]", "no plan" },
		{ "7", "no plan" },
		{ "{\"certpush_plan\":\"1\"}", "no plan" },
		{ HEAD "[]} x", "no plan, or one that was cut" },
		{ "{\"certpush_plan\":2}", "a plan of format 2" },
		{ "{\"certpush_plan\":1}", "a plan for another store" },
		{ "{\"certpush_plan\":1,\"store\":\"fedcba9876543210\",\"hosts\":[]}",
			"a plan for another store" },
		{ HEAD "{}}", "\"hosts\" is missing, or isn't a list" },
		{ HEAD "[7]}", "\"host\" is missing, or isn't a text" },
		{ HEAD "[[[]]]}", "\"host\" is missing, or isn't a text" },
		{ HEAD "[{\"host\":\"h\"}]}", "\"login\" is missing, or isn't an object" },
		{ HEAD "[{\"host\":\"h\",\"login\":{\"login\":7}}]}",
			"\"login\" is missing, or isn't a text" },
		{ HOST "7}]}", "\"services\" is missing, or isn't a list" },
		{ HOST "[{}]}]}", "\"service\" is missing, or isn't a text" },
		{ HOST "[{\"service\":\"a\"}]}]}", "\"reload_why\" is missing" },
		{ SERVICE "null}]}]}", "\"files\" is missing, or isn't a list" },
		{ SERVICE "[{\"path\":\"/a\",\"why\":7}]}]}]}",
			"\"why\" is missing, or isn't a text" },
		{ SERVICE "[{\"path\":\"/a\",\"wants\":{}}]}]}]}", "\"held\" is missing" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };

		if (planned_parse(w->arena, rows[i].text, strlen(rows[i].text), store, &e))
			fail_msg("taken: %s", rows[i].text);
		assert_int_equal(e.kind, ERR_CONFIG);
		if (!strstr(e.msg, rows[i].says))
			fail_msg("'%s' is not in: %s", rows[i].says, e.msg);
	}
}

static void a_plan_that_was_cut_anywhere_is_no_plan(void **state)
{
	struct world *w = *state;
	struct err e;
	const size_t whole = text.len - 1; /* without the newline */

	for (size_t len = 0; len < whole; len++) {
		AUTO(buf) struct buf cut = BUF_EMPTY;

		buf_add(&cut, text.data, len);
		assert_err(planned_parse(w->arena, cut.data, cut.len, store, &e), &e,
			ERR_CONFIG, "no plan, or one that was cut");
	}
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(only_what_has_something_to_do_is_kept),
		world_test(an_idle_host_is_left_out),
		world_test(a_world_that_stands_still_is_as_planned),
		world_test(every_change_of_settings_and_store_is_told),
		world_test(every_change_on_the_host_is_told),
		world_test(a_service_that_needs_nothing_any_more_is_fine),
		world_test(what_is_newer_by_now_is_told),
		world_test(a_file_that_is_no_plan_is_told_as_what_it_is),
		world_test(a_plan_that_was_cut_anywhere_is_no_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
