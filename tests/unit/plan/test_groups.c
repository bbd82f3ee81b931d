#include "base/text.h"
#include "plan/world.h"

/* Each service with two files. */
static int setup(void **state)
{
	struct world *w;

	world_setup(state);
	w = *state;
	for (int i = 0; i < WORLD_SERVICES; i++) {
		struct service *s = &w->services[i];

		s->files = w->files + 2 * i;
		s->n_files = 2;
		s->files[0] = (struct file){ .part = PART_PRIVKEY,
			.path = arena_printf(w->arena, "/%s/key", s->name),
			.certificate = "www" };
		s->files[1] = (struct file){ .part = PART_CHAIN,
			.path = arena_printf(w->arena, "/%s/chain", s->name),
			.certificate = "www" };
	}
	return 0;
}

/* "validate=x reload=y restart=z build=m build=n" */
static void commands(struct world *w, struct service *s, const char *text)
{
	char *save = NULL, *all = arena_strdup(w->arena, text);

	s->builds = arena_calloc(w->arena, 2, sizeof *s->builds);
	s->n_builds = 0;
	s->validate = s->reload = s->restart = NULL;
	for (char *word = strtok_r(all, " ", &save); word;
		word = strtok_r(NULL, " ", &save)) {
		const char *line = strchr(word, '=') + 1;

		if (text_starts(word, "validate="))
			s->validate = line;
		else if (text_starts(word, "reload="))
			s->reload = line;
		else if (text_starts(word, "restart="))
			s->restart = line;
		else
			s->builds[s->n_builds++].command = line;
	}
}

/* Of the first n services all files are missing, but of those in `idle`. */
static void compare(struct world *w, size_t n, const char *idle)
{
	w->host.n_services = n;
	world_plan(w, NULL);
	for (size_t i = 0; i < 2 * n; i++)
		w->seen[i] = strchr(idle, *w->plan->targets[i].service->name)
			? (struct seen_file){ .state = SEEN_FILE,
				  .sha256 = w->plan->targets[i].sha256 }
			: (struct seen_file){ .state = SEEN_MISSING };
	world_compare(w, false);
}

/* "ac b": the groups, each as its services. */
static void assert_groups(struct world *w, const char *want)
{
	AUTO(buf) struct buf got = BUF_EMPTY;
	size_t n;
	const struct host_plan *list = plan_groups(w->arena, w->plan, &n);

	for (size_t i = 0; i < n; i++) {
		buf_puts(&got, i > 0 ? " " : "");
		for (size_t k = 0; k < list[i].n_services; k++)
			buf_puts(&got, list[i].services[k].service->name);
	}
	assert_string_equal(got.data, want);
}

static void services_that_share_a_command_are_one_group(void **state)
{
	static const struct {
		const char *of[WORLD_SERVICES]; /* the services' commands; NULL: no more
						   services */
		const char *idle, *want;
	} rows[] = {
		{ { "", "" }, "", "a b" },
		{ { "reload=x", "reload=y" }, "", "a b" },
		{ { "reload=x", "reload=x" }, "", "ab" },
		{ { "validate=x", "validate=x" }, "", "ab" },
		{ { "restart=x", "restart=x" }, "", "ab" },
		{ { "build=x build=y", "build=z build=y" }, "", "ab" },
		/* what one reloads the other restarts */
		{ { "reload=x", "validate=y restart=x" }, "", "ab" },
		{ { "build=x", "validate=x" }, "", "ab" },
		{ { "validate=x", "build=x" }, "", "ab" },
		/* the order is that of the first of each */
		{ { "reload=x", "reload=y", "reload=x" }, "", "ac b" },
		{ { "reload=x", "reload=y", "reload=y", "reload=x" }, "", "ad bc" },
		/* by way of a third one, wherever it stands */
		{ { "reload=x", "reload=x restart=y", "reload=y" }, "", "abc" },
		{ { "reload=x", "reload=y", "reload=x restart=y" }, "", "abc" },
		{ { "reload=x", "reload=y", "reload=z", "validate=y restart=z",
			  "validate=x restart=y", "reload=q" },
			"", "abcde f" },
		/* what has nothing to take up joins nobody */
		{ { "reload=x", "reload=x restart=y", "reload=y" }, "b", "a c" },
		{ { "reload=x", "reload=x" }, "a", "b" },
		{ { "reload=x", "reload=x" }, "ab", "" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = 0;

		for (; n < WORLD_SERVICES && rows[i].of[n]; n++)
			commands(w, &w->services[n], rows[i].of[n]);
		compare(w, n, rows[i].idle);
		assert_groups(w, rows[i].want);
	}
}

static void a_group_is_a_plan_of_its_own(void **state)
{
	struct world *w = *state;
	struct host_plan *list;
	size_t n;

	commands(w, &w->services[0], "validate=v reload=x");
	commands(w, &w->services[1], "reload=y");
	commands(w, &w->services[2], "reload=x restart=r");
	compare(w, 3, "");
	list = plan_groups(w->arena, w->plan, &n);
	assert_int_equal(n, 2);
	assert_ptr_equal(list[0].host, &w->host);
	assert_int_equal(list[0].n_targets, 4);
	assert_string_equal(list[0].targets[0].file->path, "/a/key");
	assert_string_equal(list[0].targets[2].file->path, "/c/key");
	assert_string_equal(list[0].targets[2].why, "missing");
	assert_true(list[0].targets[2].send);
	assert_ptr_equal(list[0].targets[2].seen, &w->seen[4]);
	assert_int_equal(list[0].n_changes, 4);
	assert_int_equal(list[1].n_targets, 2);
	assert_int_equal(list[1].n_changes, 2);
	assert_string_equal(list[1].targets[0].file->path, "/b/key");
	plan_commands(w->arena, &list[0]);
	assert_int_equal(list[0].n_reloads, 1);
	assert_int_equal(list[0].n_validates, 1);
	assert_null(plan_service(&list[0], &w->services[1]));
}

static void what_is_owed_or_stale_is_in_a_group(void **state)
{
	struct world *w = *state;

	commands(w, &w->services[0], "reload=x");
	commands(w, &w->services[1], "reload=x");
	compare(w, 3, "abc");
	w->seen[0].owed = true;
	world_compare(w, false);
	assert_groups(w, "a");
	plan_stale(&w->plan->services[1], "stale");
	assert_groups(w, "ab");
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(services_that_share_a_command_are_one_group),
		world_test(a_group_is_a_plan_of_its_own),
		world_test(what_is_owed_or_stale_is_in_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
