#include "base/text.h"
#include "check.h"
#include "made_cert.h"
#include "plan/world.h"

#define DAYS *MADE_DAY

static const char *const gone[] = { "gone" };

/* Two share their commands, the third has none. */
static int setup(void **state)
{
	struct world *w;

	world_setup(state);
	w = *state;
	world_has_three(w);
	w->services[0].validate = "check";
	w->services[0].reload = "reload all";
	w->services[1].validate = "check b";
	w->services[1].reload = "reload all";
	world_plan(w, NULL);
	/* all as it should be */
	w->seen[0] = (struct seen_file){ SEEN_FILE, sha256_of("key", 3), 0640, "root",
		"ssl-cert", "0", "112", false, { 0 } };
	w->seen[1] = (struct seen_file){ SEEN_FILE, sha256_of("cert chain", 10), 0644, "x",
		"y", "77", "78", false, { 0 } };
	w->seen[2] = (struct seen_file){ SEEN_FILE, sha256_of("cert", 4), 0644, "news",
		"news", "9", "13", false, { 0 } };
	w->seen[3] = (struct seen_file){ SEEN_FILE, sha256_of("chain", 5), 0644, "root",
		"root", "0", "0", false, { 0 } };
	return 0;
}

static void compare(struct world *w)
{
	world_compare(w, false);
	plan_commands(w->arena, w->plan);
}

static void each_part_is_its_text_of_the_bundle(void **state)
{
	struct world *w = *state;

	assert_int_equal(w->plan->n_targets, 4);
	assert_ptr_equal(w->plan->targets[0].content, &w->bundle.privkey_pem);
	assert_ptr_equal(w->plan->targets[1].content, &w->bundle.fullchain_pem);
	assert_ptr_equal(w->plan->targets[2].content, &w->bundle.cert_pem);
	assert_ptr_equal(w->plan->targets[3].content, &w->bundle.chain_pem);
}

static bool only_b(void *ctx, const struct host *h, const struct service *s)
{
	(void)ctx;
	(void)h;
	return strcmp(s->name, "b") == 0;
}

static void what_is_not_wanted_or_has_no_bundle_is_left_out(void **state)
{
	struct world *w = *state;

	world_plan(w, only_b);
	assert_int_equal(w->plan->n_services, 1);
	assert_int_equal(w->plan->n_targets, 1);
	assert_string_equal(w->plan->targets[0].file->path, "/b/cert.pem");
	w->services[1].certificates = gone;
	world_plan(w, NULL);
	assert_int_equal(w->plan->n_services, 2);
	assert_int_equal(w->plan->n_targets, 3);
	world_plan(w, only_b);
	assert_int_equal(w->plan->n_services, 0);
}

static void what_is_as_it_should_be_is_idle(void **state)
{
	struct world *w = *state;

	compare(w);
	assert_int_equal(w->plan->n_changes, 0);
	assert_int_equal(w->plan->n_validates + w->plan->n_reloads, 0);
	assert_true(plan_idle(w->plan));
}

struct change {
	size_t target;
	struct seen_file seen;
	const char *why;
	bool send;
};

static void every_difference_has_its_why(void **state)
{
	struct world *w = *state;
	const struct seen_file *good = w->seen;
	struct change rows[] = {
		{ 0, { .state = SEEN_MISSING }, "missing", true },
		{ 0, good[0], "wrong key", true }, /* the certificate is right */
		{ 0, good[0], "owner", false },
		{ 0, good[0], "group", false },
		{ 0, good[0], "mode", false },
		{ 2, good[2], "owner", false }, /* "9" is a number */
		{ 2, good[2], "group", false },
		{ 1, good[1], "mode", false },
	};

	rows[1].seen.sha256.bytes[31] ^= 1;
	strcpy(rows[2].seen.owner, "Root");
	strcpy(rows[3].seen.group, "112"); /* a group called so, not the number */
	rows[4].seen.mode = 0644;
	strcpy(rows[5].seen.uid, "10");
	strcpy(rows[6].seen.gid, "9");
	rows[7].seen.mode = 04644;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen_file seen[4];
		struct err e;
		struct target *t;

		memcpy(seen, w->seen, sizeof seen);
		seen[rows[i].target] = rows[i].seen;
		world_plan(w, NULL);
		assert_ok(plan_compare(w->plan, seen, false, &e), &e);
		t = &w->plan->targets[rows[i].target];
		if (!text_eq(t->why, rows[i].why) || t->send != rows[i].send)
			fail_msg("row %zu: %s", i, t->why ? t->why : "nothing");
		assert_int_equal(w->plan->n_changes, 1);
		assert_false(plan_idle(w->plan));
	}
}

static struct seen_file with(const struct seen_file *was, const struct made *held)
{
	struct seen_file seen = *was;

	seen.sha256.bytes[0] ^= 1;
	seen.held = MADE_CHAIN(held);
	return seen;
}

static void another_certificate_is_called_what_it_is(void **state)
{
	static const char both[] = "DNS:www.example.net,DNS:example.net";
	enum { OLD, NEW, OURS, FOREIGN, N_MADE };
	struct made made[N_MADE] = {
		made_cert(&(struct made_wish){ "a", both, -90 DAYS, 10 DAYS, NULL }, NULL),
		made_cert(&(struct made_wish){ "b", both, -1 DAYS, 90 DAYS, NULL }, NULL),
		made_cert(&(struct made_wish){ "c", both, -30 DAYS, 60 DAYS, NULL }, NULL),
		made_cert(&(struct made_wish){ "d", "DNS:x.org", -1 DAYS, 9 DAYS, NULL },
			NULL),
	};
	static const struct {
		int held;
		bool force;
		const char *why, *key_why; /* of the certificate's, of the key's target */
	} rows[] = {
		{ OLD, false, "older", "content" },
		{ NEW, true, "newer", "content" },
		{ NEW, false, NULL, NULL },
		{ OURS, false, "chain", "wrong key" },
		{ FOREIGN, false, "foreign", "content" },
	};
	struct world *w = *state;
	struct err e;

	w->bundle.chain = MADE_CHAIN(&made[OURS]);
	w->seen[0].sha256.bytes[0] ^= 1;
	w->seen[1].owed = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen_file seen[4];
		const struct target *t;

		memcpy(seen, w->seen, sizeof seen);
		seen[1] = with(&w->seen[1], &made[rows[i].held]);
		world_plan(w, NULL);
		assert_ok(plan_compare(w->plan, seen, rows[i].force, &e), &e);
		t = w->plan->targets;
		if (!text_eq(t[1].why, rows[i].why) || !text_eq(t[0].why, rows[i].key_why))
			fail_msg("row %zu: %s, the key: %s", i, t[1].why, t[0].why);
		assert_int_equal(t[1].send, rows[i].why != NULL);
		/* what isn't replaced isn't taken up either */
		assert_int_equal(w->plan->services[0].newer != NULL, !rows[i].why);
		assert_int_equal(w->plan->services[0].reload_why == NULL, !rows[i].why);
		seen_clear(seen, 4);
	}
	for (size_t i = 0; i < N_MADE; i++)
		made_clear(&made[i]);
}

/* The content decides before owner and mode do: it comes with them. */
static void one_why_is_enough(void **state)
{
	struct world *w = *state;

	w->seen[0].mode = 0;
	strcpy(w->seen[0].owner, "nobody");
	w->seen[0].sha256.bytes[0] ^= 1;
	compare(w);
	assert_string_equal(w->plan->targets[0].why, "wrong key");
	assert_true(w->plan->targets[0].send);
	assert_int_equal(w->plan->services[0].n_changes, 1);
}

static void links_and_other_things_are_never_replaced(void **state)
{
	static const struct {
		enum seen_state state;
		const char *says;
	} rows[] = { { SEEN_LINK, "/a/full.pem: a symbolic link" },
		{ SEEN_OTHER, "/a/full.pem: not a regular file" } };
	struct world *w = *state;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		w->seen[1].state = rows[i].state;
		assert_err(plan_compare(w->plan, w->seen, false, &e), &e, ERR_REFUSED,
			rows[i].says);
	}
}

static void commands_come_once_and_in_order(void **state)
{
	struct world *w = *state;

	w->seen[0].state = w->seen[2].state = w->seen[3].state = SEEN_MISSING;
	compare(w);
	assert_int_equal(w->plan->n_validates, 2);
	assert_string_equal(w->plan->validates[0].line, "check");
	assert_string_equal(w->plan->validates[1].line, "check b");
	assert_ptr_equal(w->plan->validates[1].service, &w->services[1]);
	assert_int_equal(w->plan->n_reloads, 1);
	assert_string_equal(w->plan->reloads[0].line, "reload all");
	assert_ptr_equal(w->plan->reloads[0].service, &w->services[0]);
}

static void only_services_that_take_something_up_are_reloaded(void **state)
{
	struct world *w = *state;

	w->seen[2].state = SEEN_MISSING;
	compare(w);
	assert_int_equal(w->plan->n_validates, 1);
	assert_string_equal(w->plan->validates[0].line, "check b");
	assert_ptr_equal(w->plan->reloads[0].service, &w->services[1]);
	assert_null(w->plan->services[0].reload_why);
}

static void what_is_owed_is_taken_up_though_nothing_differs(void **state)
{
	struct world *w = *state;

	w->seen[1].owed = true;
	compare(w);
	assert_int_equal(w->plan->n_changes, 0);
	assert_string_equal(w->plan->services[0].reload_why, "owed by an earlier push");
	assert_int_equal(w->plan->n_reloads, 1);
	assert_false(plan_idle(w->plan));
}

static void changed_files_are_the_better_reason(void **state)
{
	struct world *w = *state;

	w->seen[0].owed = true;
	w->seen[1].state = SEEN_MISSING;
	compare(w);
	assert_string_equal(w->plan->services[0].reload_why, "files changed");
}

static void a_stale_process_is_reloaded(void **state)
{
	struct world *w = *state;

	w->seen[2].state = SEEN_MISSING;
	world_compare(w, false);
	plan_stale(&w->plan->services[0], "stale");
	plan_stale(&w->plan->services[1], "stale");
	plan_stale(&w->plan->services[2], "stale");
	plan_commands(w->arena, w->plan);
	assert_string_equal(w->plan->services[0].reload_why, "stale");
	assert_string_equal(w->plan->services[1].reload_why, "files changed");
	assert_int_equal(w->plan->n_validates, 2);
	assert_false(plan_idle(w->plan));
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(each_part_is_its_text_of_the_bundle),
		world_test(what_is_not_wanted_or_has_no_bundle_is_left_out),
		world_test(what_is_as_it_should_be_is_idle),
		world_test(every_difference_has_its_why),
		world_test(another_certificate_is_called_what_it_is),
		world_test(one_why_is_enough),
		world_test(links_and_other_things_are_never_replaced),
		world_test(commands_come_once_and_in_order),
		world_test(only_services_that_take_something_up_are_reloaded),
		world_test(what_is_owed_is_taken_up_though_nothing_differs),
		world_test(changed_files_are_the_better_reason),
		world_test(a_stale_process_is_reloaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
