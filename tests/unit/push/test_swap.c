/* A directory that is replaced as a whole, and what is built from files. */
#include "rig.h"

static const char *const *shell;

/* The first service's files lie in a directory that is replaced; the second's don't. */
static void init(struct rig *r, const char *dir)
{
	rig_init(r, shell, dir);
	r->services[0].swap_directory = true;
}

/* The file is reached through a link, and nothing is left beside that but what it leads to.
 */
static void assert_settled(struct rig *r, const char *key)
{
	size_t n, ours = 0;
	char **names;
	struct err e;

	assert_text(r, "mail/key.pem", key);
	assert_true(S_ISLNK(rig_stat(r, "mail").st_mode));
	assert_ok(fs_names(r->dir, &names, &n, &e), &e);
	for (size_t i = 0; i < n; i++)
		if (text_starts(names[i], ".mail.certpush-"))
			ours++;
	fs_names_free(names, n);
	if (ours != 1)
		fail_msg("%zu of certpush's beside it: %s", ours, r->answer.data);
}

static void a_first_push_makes_a_link_to_a_generation(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	assert_settled(&r, "key 1\n");
	assert_text(&r, "mail/full.pem", "chain 1\n");
	assert_text(&r, "news/full.pem", "chain 1\n");
	assert_int_equal(rig_stat(&r, "mail/key.pem").st_mode & 07777, 0600);
	assert_int_equal(rig_stat(&r, "mail/.").st_mode & 07777, 0755);
	rig_plan(&r, "key 1\n", "chain 1\n");
	assert_true(plan_idle(r.plan));
}

/* Who has the old directory open goes on seeing old files, both of them. */
static void both_files_change_at_once(void **state)
{
	AUTO(rig) struct rig r;
	char text[16] = "";
	int dir, file;

	init(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	dir = open(rig_path(&r, "mail"), O_PATH | O_DIRECTORY);
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_text(&r, "mail/key.pem", "key 2\n");
	assert_text(&r, "mail/full.pem", "chain 2\n");
	file = openat(dir, "key.pem", O_RDONLY);
	assert_int_equal(read(file, text, sizeof text), 6);
	assert_string_equal(text, "key 1\n");
	close(file);
	close(dir);
	rig_commit(&r);
	assert_settled(&r, "key 2\n");
}

static void what_nobody_has_proved_is_owed(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	rig_plan(&r, "key 2\n", "chain 2\n");
	assert_int_equal(r.plan->n_changes, 0);
	assert_string_equal(r.plan->services[0].reload_why, "owed by an earlier push");
	rig_apply(&r);
	rig_commit(&r);
	assert_settled(&r, "key 2\n");
}

/* What is still marked as the way back must not lead nowhere. */
static void what_cant_be_forgotten_is_told(void **state)
{
	static const char stays[] = ".mail.certpush-none";
	AUTO(buf) struct buf script = BUF_EMPTY;
	char before[64] = "";
	struct err e;
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	assert_true(readlink(rig_path(&r, "mail"), before, sizeof before - 1) > 0);
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_ok(fs_mkdirs(rig_path(&r, stays), 0700, &e), &e);
	script_commit(&script, NONCE, r.plan);
	rig_tell(&r, &script);
	assert_failed(&r, "forget", stays);
	assert_true(rig_has(&r, before));
	rmdir(rig_path(&r, stays));
	rig_push(&r, "key 3\n", "chain 3\n");
	assert_settled(&r, "key 3\n");
}

static void an_undo_goes_back_to_what_was_proved_last(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	rig_plan(&r, "key 3\n", "chain 3\n");
	rig_apply(&r);
	rig_undo(&r);
	assert_true(r.story.restored);
	assert_settled(&r, "key 1\n");
	rig_plan(&r, "key 1\n", "chain 1\n");
	assert_true(plan_idle(r.plan));
}

static void an_undone_first_push_leaves_nothing(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	rig_undo(&r);
	assert_false(rig_has(&r, "mail"));
	assert_false(rig_has(&r, "news"));
}

/* The first time it is a directory like any other, with more in it than ours. */
static void a_plain_directory_becomes_a_generation(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_write(&r, "mail/dhparam.pem", "theirs\n");
	chmod(rig_path(&r, "mail"), 0750);
	rig_push(&r, "key 2\n", "chain 1\n");
	assert_settled(&r, "key 2\n");
	assert_text(&r, "mail/full.pem", "chain 1\n");
	assert_text(&r, "mail/dhparam.pem", "theirs\n");
	assert_int_equal(rig_stat(&r, "mail/.").st_mode & 07777, 0750);
}

static void a_failed_validation_puts_a_plain_directory_back(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_write(&r, "invalid", "");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_failed(&r, "validate", "bad config");
	assert_true(r.story.restored);
	assert_settled(&r, "key 1\n");
	assert_text(&r, "mail/full.pem", "chain 1\n");
	assert_text(&r, "news/full.pem", "chain 1\n");
}

/* It was taken away, and then the host died. */
static void a_directory_that_was_lost_on_the_way_is_found_again(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_write(&r, "mail/dhparam.pem", "theirs\n");
	assert_int_equal(
		symlink(".mail.certpush-0", rig_path(&r, ".mail.certpush-old")), 0);
	assert_int_equal(rename(rig_path(&r, "mail"), rig_path(&r, ".mail.certpush-0")), 0);
	rig_push(&r, "key 2\n", "chain 2\n");
	assert_settled(&r, "key 2\n");
	assert_text(&r, "mail/dhparam.pem", "theirs\n");
}

/* Left by a run that was killed before it came to its swap. */
static void generations_that_nobody_took_go(void **state)
{
	AUTO(rig) struct rig r;
	struct err e;

	init(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	assert_ok(fs_mkdirs(rig_path(&r, ".mail.certpush-17a4"), 0700, &e), &e);
	rig_write(&r, ".mail.certpush-17a4/key.pem", "key 0\n");
	rig_push(&r, "key 2\n", "chain 2\n");
	assert_settled(&r, "key 2\n");
}

static void a_link_that_leads_elsewhere_is_taken_over(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	assert_int_equal(rename(rig_path(&r, "mail"), rig_path(&r, "elsewhere")), 0);
	assert_int_equal(symlink("elsewhere", rig_path(&r, "mail")), 0);
	rig_push(&r, "key 2\n", "chain 2\n");
	assert_settled(&r, "key 2\n");
	assert_text(&r, "elsewhere/key.pem", "key 1\n"); /* whose it is we don't know */
}

static void what_arrives_damaged_changes_nothing(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf script = BUF_EMPTY;

	init(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	script_apply(
		&script, NONCE, r.plan, &(struct delivery){ .staging = rig_stage(&r) });
	rig_write(&r, ".certpush-s-1/1", "chain");
	rig_tell(&r, &script);
	assert_failed(&r, "stage", "it didn't arrive whole");
	assert_settled(&r, "key 1\n");
}

static void a_file_in_its_place_is_a_failure(void **state)
{
	AUTO(rig) struct rig r;

	init(&r, *state);
	rig_write(&r, "mail", "?");
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	assert_failed(&r, "stage", "mail: is no directory");
	assert_text(&r, "mail", "?");
}

/* ---- builds ---- */

static struct build builds[2];
static const char *key_path[1];

static void init_builds(struct rig *r, const char *dir)
{
	rig_init(r, shell, dir);
	r->files[0].as_written = key_path[0] = r->files[0].path;
	r->files[1].as_written = r->files[1].path;
	builds[0] = (struct build){
		.command = arena_printf(r->arena,
			"cat '%s' >'%s/map'; echo build >>'%s/log'; test ! -e '%s/unbuildable'",
			r->files[1].path, dir, dir, dir)
	};
	builds[1] = (struct build){
		.command = arena_printf(r->arena, "echo key >>'%s/log'", dir),
		.inputs = key_path,
		.n_inputs = 1,
	};
	r->services[0].builds = builds;
	r->services[0].n_builds = 2;
	r->host.n_services = 1;
}

static void what_is_built_comes_before_the_check(void **state)
{
	AUTO(rig) struct rig r;

	init_builds(&r, *state);
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	assert_text(&r, "log", "build\nkey\nvalidate\nreload\n");
	assert_text(&r, "map", "chain 1\n");
	rig_commit(&r);
	rig_write(&r, "log", "");
	rig_plan(&r, "key 1\n", "chain 2\n");
	rig_apply(&r);
	assert_text(&r, "log", "build\nvalidate\nreload\n"); /* the key is the same */
	rig_commit(&r);
	rig_plan(&r, "key 1\n", "chain 2\n");
	assert_true(plan_idle(r.plan));
	assert_int_equal(r.plan->n_builds, 0);
}

static void what_is_put_back_is_built_again(void **state)
{
	AUTO(rig) struct rig r;

	init_builds(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	rig_write(&r, "invalid", "");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_failed(&r, "validate", "bad config");
	assert_text(&r, "map", "chain 1\n");
	assert_text(&r, "log", "build\nkey\nvalidate\nbuild\nkey\n");
}

static void a_build_that_fails_is_taken_back(void **state)
{
	AUTO(rig) struct rig r;

	init_builds(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	rig_write(&r, "unbuildable", "");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_failed(&r, "build", "exit status 1");
	assert_true(r.story.restored);
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_text(&r, "map", "chain 1\n");
}

static void an_undo_builds_before_it_reloads(void **state)
{
	AUTO(rig) struct rig r;

	init_builds(&r, *state);
	rig_push(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	rig_write(&r, "log", "");
	rig_undo(&r);
	assert_text(&r, "log", "build\nkey\nreload\n");
	assert_text(&r, "map", "chain 1\n");
}

static const struct CMUnitTest tests[] = {
	scratch_test(a_first_push_makes_a_link_to_a_generation),
	scratch_test(both_files_change_at_once),
	scratch_test(what_nobody_has_proved_is_owed),
	scratch_test(what_cant_be_forgotten_is_told),
	scratch_test(an_undo_goes_back_to_what_was_proved_last),
	scratch_test(an_undone_first_push_leaves_nothing),
	scratch_test(a_plain_directory_becomes_a_generation),
	scratch_test(a_failed_validation_puts_a_plain_directory_back),
	scratch_test(a_directory_that_was_lost_on_the_way_is_found_again),
	scratch_test(generations_that_nobody_took_go),
	scratch_test(a_link_that_leads_elsewhere_is_taken_over),
	scratch_test(what_arrives_damaged_changes_nothing),
	scratch_test(a_file_in_its_place_is_a_failure),
	scratch_test(what_is_built_comes_before_the_check),
	scratch_test(what_is_put_back_is_built_again),
	scratch_test(a_build_that_fails_is_taken_back),
	scratch_test(an_undo_builds_before_it_reloads),
};

int main(void)
{
	static const char *const shells[][3] = { { "sh", NULL },
		{ "busybox", "sh", NULL } };
	int failed = 0;

	for (size_t i = 0; i < ARRAY_LEN(shells) && (i == 0 || thorough()); i++) {
		shell = shells[i];
		failed += cmocka_run_group_tests_name(shells[i][0], tests, NULL, NULL);
	}
	return failed;
}
