/* What our scripts do to a host, under every shell that this machine has. */
#include "base/wait.h"
#include "rig.h"

#include <linux/fs.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

extern char **environ;

static const char *const *shell;

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mode == b->st_mode &&
		a->st_uid == b->st_uid && a->st_gid == b->st_gid &&
		a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void a_first_push_makes_directories_and_files(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_plan(&r, "key 1\n", "chain 1\n");
	assert_int_equal(r.plan->n_changes, 3);
	assert_string_equal(r.plan->targets[0].why, "missing");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_int_equal(r.story.n, 2);
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_text(&r, "mail/full.pem", "chain 1\n");
	assert_text(&r, "news/full.pem", "chain 1\n");
	assert_int_equal(rig_stat(&r, "mail/key.pem").st_mode, S_IFREG | 0600);
	assert_int_equal(rig_stat(&r, "mail/full.pem").st_mode, S_IFREG | 0644);
	assert_int_equal(rig_stat(&r, "news/full.pem").st_mode, S_IFREG | 0640);
	assert_int_equal(rig_stat(&r, "news").st_mode, S_IFDIR | 0755);
	/* two services want the same commands: each ran once */
	assert_text(&r, "log", "validate\nreload\n");
}

static void what_nobody_has_proved_is_owed_until_the_commit(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	rig_plan(&r, "key 1\n", "chain 1\n");
	assert_int_equal(r.plan->n_changes, 0);
	assert_true(r.seen[0].owed && r.seen[1].owed && r.seen[2].owed);
	assert_string_equal(r.plan->services[0].reload_why, "owed by an earlier push");
	rig_commit(&r);
	assert_tidy(&r);
	rig_plan(&r, "key 1\n", "chain 1\n");
	assert_true(plan_idle(r.plan));
}

static void where_nothing_is_to_be_proved_nothing_is_owed(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	for (int n = 0; n < 2; n++) {
		rig_plan(&r, n ? "key 2\n" : "key 1\n", n ? "chain 2\n" : "chain 1\n");
		rig_deliver(&r, true);
		assert_null(remote_story_failure(&r.story));
		assert_tidy(&r);
	}
	assert_text(&r, "mail/key.pem", "key 2\n");
	assert_text(&r, "news/full.pem", "chain 2\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	assert_true(plan_idle(r.plan));
}

static void an_owed_reload_runs_without_files(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_write(&r, "mail/.key.pem.certpush-none", "");
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	assert_text(&r, "log", "validate\nreload\n");
	assert_text(&r, "mail/key.pem", "key 1\n");
	rig_commit(&r);
	assert_tidy(&r);
}

static void a_replacement_and_its_undo_leave_the_very_files(void **state)
{
	AUTO(rig) struct rig r;
	struct stat key, news, now;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	key = rig_stat(&r, "mail/key.pem");
	news = rig_stat(&r, "news/full.pem");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_text(&r, "mail/key.pem", "key 2\n");
	assert_text(&r, "news/full.pem", "chain 2\n");
	rig_undo(&r);
	assert_null(remote_story_failure(&r.story));
	assert_true(r.story.restored);
	now = rig_stat(&r, "mail/key.pem");
	assert_true(same_file(&key, &now));
	now = rig_stat(&r, "news/full.pem");
	assert_true(same_file(&news, &now));
	assert_text(&r, "mail/full.pem", "chain 1\n");
	assert_text(&r, "log", "validate\nreload\nreload\n");
	assert_tidy(&r);
}

static void an_undo_whose_reload_fails_says_so(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	rig_write(&r, "unloadable", "");
	rig_undo(&r);
	assert_failed(&r, "again", "no reload");
	assert_true(r.story.restored);
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_text(&r, "news/full.pem", "chain 1\n");
	assert_tidy(&r);
}

static void an_undone_first_push_leaves_nothing(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	rig_undo(&r);
	assert_text(&r, "mail/key.pem", NULL);
	assert_text(&r, "news/full.pem", NULL);
	assert_tidy(&r);
}

static void an_undo_goes_back_to_what_was_proved_last(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r); /* and nobody proved it */
	rig_plan(&r, "key 3\n", "chain 3\n");
	rig_apply(&r);
	assert_text(&r, "mail/key.pem", "key 3\n");
	rig_undo(&r);
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_text(&r, "news/full.pem", "chain 1\n");
	assert_tidy(&r);
}

static void a_wrong_mode_is_put_right_without_content(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	chmod(rig_path(&r, "mail/key.pem"), 0644);
	rig_plan(&r, "key 1\n", "chain 1\n");
	assert_int_equal(r.plan->n_changes, 1);
	assert_string_equal(r.plan->targets[0].why, "mode");
	assert_false(r.plan->targets[0].send);
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_int_equal(rig_stat(&r, "mail/key.pem").st_mode, S_IFREG | 0600);
	assert_text(&r, "mail/key.pem", "key 1\n");
}

/* Which of the commands that follow it is there depends on the machine. */
static void without_sha256sum_there_are_others(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	r.lacks = "sha256sum";
	rig_push(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 1\n", "chain 2\n");
	assert_int_equal(r.plan->n_changes, 2);
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_text(&r, "mail/full.pem", "chain 2\n");
}

static void a_failed_validation_is_taken_back_without_a_reload(void **state)
{
	AUTO(rig) struct rig r;
	struct stat key, now;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	key = rig_stat(&r, "mail/key.pem");
	rig_write(&r, "invalid", "");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_failed(&r, "validate", "exit status 1: bad config");
	assert_int_equal(remote_story_failure(&r.story)->index, 0);
	assert_true(r.story.restored);
	now = rig_stat(&r, "mail/key.pem");
	assert_true(same_file(&key, &now));
	assert_text(&r, "mail/full.pem", "chain 1\n");
	assert_text(&r, "log", "validate\n");
	assert_tidy(&r);
}

static void a_failed_reload_is_taken_back_and_reloaded_again(void **state)
{
	AUTO(rig) struct rig r;
	struct stat key, now;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	key = rig_stat(&r, "mail/key.pem");
	rig_write(&r, "unloadable", "");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_failed(&r, "reload", "exit status 1: no reload");
	assert_true(r.story.restored);
	assert_string_equal(r.story.events[r.story.n - 1].step, "again");
	assert_true(r.story.events[r.story.n - 1].failed);
	now = rig_stat(&r, "mail/key.pem");
	assert_true(same_file(&key, &now));
	assert_text(&r, "news/full.pem", "chain 1\n");
	assert_text(&r, "log", "validate\nreload\nreload\n");
	assert_tidy(&r);
}

static void a_failed_first_push_leaves_no_directories(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_write(&r, "invalid", "");
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	assert_failed(&r, "validate", "");
	assert_false(rig_has(&r, "mail"));
	assert_false(rig_has(&r, "news"));
}

static void what_arrives_damaged_changes_nothing(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf script = BUF_EMPTY;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	script_apply(
		&script, NONCE, r.plan, &(struct delivery){ .staging = rig_stage(&r) });
	rig_write(&r, ".certpush-s-1/1",
		"chai"); /* the second file: the first one was fine */
	rig_tell(&r, &script);
	assert_failed(&r, "stage", "mail/full.pem: it didn't arrive whole");
	assert_false(r.story.restored);
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_false(rig_has(&r, "log"));
	assert_false(rig_has(&r, ".certpush-s-1"));
	assert_tidy(&r);
}

static void what_killed_runs_have_sent_goes(void **state)
{
	AUTO(rig) struct rig r;
	char awaited[64];
	struct err e;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	assert_ok(fs_mkdirs(rig_path(&r, ".certpush-s-0"), 0700, &e), &e);
	assert_ok(fs_mkdirs(rig_path(&r, ".certpush-store-1"), 0700, &e), &e);
	rig_write(&r, ".certpush-s-0/0", "key 0\n");
	snprintf(awaited, sizeof awaited, ".certpush-s-2.%d", getpid());
	assert_ok(fs_mkdirs(rig_path(&r, awaited), 0700, &e), &e);
	assert_ok(fs_mkdirs(rig_path(&r, ".certpush-s-3.999999999"), 0700, &e), &e);
	rig_apply(&r);
	assert_text(&r, "mail/key.pem", "key 2\n");
	assert_false(rig_has(&r, ".certpush-s-0"));
	assert_false(rig_has(&r, ".certpush-s-3.999999999"));
	assert_true(rig_has(&r, awaited));             /* a run that waits for the lock */
	assert_true(rig_has(&r, ".certpush-store-1")); /* somebody else's */
}

static void what_never_arrived_changes_nothing(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf script = BUF_EMPTY;
	struct err e;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	assert_ok(fs_mkdirs(rig_path(&r, "no-where"), 0700, &e), &e);
	script_apply(&script, NONCE, r.plan,
		&(struct delivery){ .staging = rig_path(&r, "no-certpush-x") });
	rig_tell(&r, &script);
	assert_failed(&r, "stage", "mail/key.pem: ");
	assert_true(rig_has(&r, "no-where")); /* a name that isn't ours clears nothing */
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_tidy(&r);
}

static void a_file_where_a_directory_should_be_is_a_failure(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_write(&r, "news", "a file");
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	assert_failed(&r, "stage", "news: the directory can't be made");
	assert_false(rig_has(&r, "mail"));
	assert_text(&r, "news", "a file");
}

static void an_owner_that_does_not_exist_is_a_failure(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	r.files[1].owner = "no-such-user";
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	assert_failed(&r, "stage", "no-such-user");
	assert_false(rig_has(&r, "mail"));
}

static void links_and_directories_are_seen_as_such(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf script = BUF_EMPTY;
	struct err e;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	r.plan = plan_targets(r.arena, &r.host, NULL, rig_bundle, &r.bundle, r.contents);
	unlink(r.files[0].path);
	assert_int_equal(symlink("full.pem", r.files[0].path), 0);
	unlink(r.files[1].path);
	mkdir(r.files[1].path, 0755);
	unlink(r.files[2].path);
	script_look(&script, NONCE, r.plan);
	rig_run(&r, &script);
	assert_ok(answer_seen(r.answer.data, NONCE, r.seen, 3, &e), &e);
	assert_int_equal(r.seen[0].state, SEEN_LINK);
	assert_int_equal(r.seen[1].state, SEEN_OTHER);
	assert_int_equal(r.seen[2].state, SEEN_MISSING);
}

/* Someone who may write in the directory must not get to lead root elsewhere. */
static void a_planted_link_is_not_followed(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_write(&r, "victim", "mine");
	assert_int_equal(
		symlink(rig_path(&r, "victim"), rig_path(&r, "mail/.key.pem.certpush-new")),
		0);
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_text(&r, "victim", "mine");
	assert_text(&r, "mail/key.pem", "key 2\n");
}

static bool set_immutable(struct rig *r, const char *name, int flags)
{
	AUTO(fd) int fd = open(rig_path(r, name), O_RDONLY | O_CLOEXEC);

	return fd >= 0 && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* Neither can it be linked to, nor replaced, nor put back: it is what it was all the time.
 */
static void an_immutable_file_is_left_and_the_others_go_back(void **state)
{
	AUTO(rig) struct rig r;
	struct stat key, now;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	if (!set_immutable(&r, "mail/full.pem", FS_IMMUTABLE_FL))
		skip(); /* not root, or not on this file system */
	key = rig_stat(&r, "mail/key.pem");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_true(set_immutable(&r, "mail/full.pem", 0));
	assert_failed(&r, "swap", "mail/full.pem: can't be replaced");
	for (size_t i = 0; i < r.story.n; i++)
		if (text_eq(r.story.events[i].step, "restore"))
			fail_msg("not put back: %s", r.answer.data);
	now = rig_stat(&r, "mail/key.pem");
	assert_true(same_file(&key, &now));
	assert_text(&r, "mail/full.pem", "chain 1\n");
	assert_tidy(&r);
	rig_push(&r, "key 2\n", "chain 2\n");
	assert_text(&r, "mail/full.pem", "chain 2\n");
}

static void a_command_that_prints_without_end_is_cut(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	r.services[0].validate = r.services[1].validate =
		"head -c 300000 /dev/zero | tr '\\0' x; printf '\\nend\\n\\033[31mred\\n'; exit 3";
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	assert_failed(&r, "validate", "exit status 3: ");
	assert_true(r.answer.len < 2000);
	assert_true(r.story.restored);
}

static void what_a_command_leaves_running_holds_nothing_up(void **state)
{
	AUTO(rig) struct rig r;
	const int64_t before = clock_ms();

	rig_init(&r, shell, *state);
	r.services[0].reload = r.services[1].reload =
		arena_printf(r.arena, "sleep 90 & echo $! >>'%s/pids'", r.dir);
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_true(clock_ms() - before < 60000);
	for (const char *pid = rig_read(&r, "pids"); pid && *pid;
		pid = strchr(pid, '\n') + 1)
		assert_int_equal(kill(atoi(pid), SIGKILL), 0);
}

/* A daemon that a command starts lives on with what it was given. */
static void commands_get_no_umask_and_no_directory_of_ours(void **state)
{
	AUTO(rig) struct rig r;
	const mode_t before = umask(027);

	rig_init(&r, shell, *state);
	r.services[0].reload = r.services[1].reload =
		arena_printf(r.arena, "{ umask; pwd; } >'%s/given'", (char *)*state);
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	umask(before);
	assert_true(text_ends(rig_read(&r, "given"), "027\n/\n"));
}

static void restart(struct rig *r, const char *command)
{
	AUTO(buf) struct buf script = BUF_EMPTY;
	const struct command list[] = { { command, &r->services[0] } };

	script_restart(&script, NONCE, r->plan, list, 1);
	rig_tell(r, &script);
}

static void a_restart_keeps_the_files(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	restart(&r, r.services[0].restart);
	assert_null(remote_story_failure(&r.story));
	assert_string_equal(r.story.events[0].step, "restart");
	assert_text(&r, "mail/key.pem", "key 2\n");
	assert_text(&r, "log", "validate\nreload\nrestart\n");
}

static void an_undo_restarts_what_was_restarted(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf script = BUF_EMPTY;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	script_undo(&script, NONCE, r.plan,
		&(const struct command){ r.services[0].restart, &r.services[0] }, 1);
	rig_tell(&r, &script);
	assert_text(&r, "log", "validate\nreload\nreload\nrestart\n");
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_tidy(&r);
}

/* A reload may have been fatal: what was restarted in vain is restarted with the old files.
 */
static void a_failed_restart_is_taken_back_and_restarted_again(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	restart(&r,
		arena_printf(r.arena,
			"echo restart >>'%s/log'; grep -q 1 '%s/mail/key.pem'", r.dir,
			r.dir));
	assert_failed(&r, "restart", "exit status 1");
	assert_true(r.story.restored);
	assert_false(r.story.events[r.story.n - 1].failed);
	assert_string_equal(r.story.events[r.story.n - 1].step, "again");
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_text(&r, "log", "validate\nreload\nrestart\nreload\nrestart\n");
	assert_tidy(&r);
}

/* ---- the lock ---- */

/* A "sleep" that doesn't sleep, but does this instead. */
static void fake_sleep(struct rig *r, const char *instead)
{
	const char *text = arena_printf(r->arena, "#!/bin/sh\n%s\n", instead);

	mkdir(rig_path(r, "bin"), 0755);
	rig_write(r, "bin/sleep", text);
	chmod(rig_path(r, "bin/sleep"), 0755);
	r->path = rig_path(r, "bin");
}

static void plant_lock(struct rig *r, const char *pid)
{
	mkdir(rig_path(r, ".certpush-lock"), 0700);
	if (pid)
		rig_write(r, ".certpush-lock/pid", pid);
}

static void a_lock_of_the_living_is_waited_for(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	plant_lock(&r, "1\n");
	fake_sleep(&r,
		arena_printf(r.arena, "echo slept >>'%s/log'; rm -r '%s/.certpush-lock'",
			r.dir, r.dir));
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_text(&r, "log", "slept\nvalidate\nreload\n");
}

static void a_lock_that_stays_is_a_failure_after_a_minute(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	plant_lock(&r, "1\n");
	fake_sleep(&r, ":");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_failed(&r, "lock", "pid 1");
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_text(&r, ".certpush-lock/pid", "1\n");
}

static void a_lock_of_the_dead_is_taken_at_once(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	plant_lock(&r, "99999999\n");
	fake_sleep(&r, arena_printf(r.arena, "echo slept >>'%s/log'", r.dir));
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	assert_text(&r, "log", "validate\nreload\n");
}

static void a_lock_without_an_owner_is_taken_in_the_end(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	plant_lock(&r, NULL);
	fake_sleep(&r, ":");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
	rig_commit(&r);
	assert_tidy(&r);
}

/* After a reboot its pid may be anybody's. */
static void a_lock_of_yesterday_is_taken_whoever_has_its_pid_now(void **state)
{
	AUTO(rig) struct rig r;
	const struct timespec then[2] = { { .tv_sec = time(NULL) - 7200 },
		{ .tv_sec = time(NULL) - 7200 } };

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	plant_lock(&r, "1\n");
	utimensat(AT_FDCWD, rig_path(&r, ".certpush-lock"), then, 0);
	fake_sleep(&r, ":");
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	assert_null(remote_story_failure(&r.story));
}

/* ---- cut and killed ---- */

static pid_t start(char *const *argv, const struct buf *input)
{
	posix_spawn_file_actions_t to;
	int ends[2] = { -1, -1 };
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_adddup2(&to, ends[0], 0);
	posix_spawn_file_actions_addopen(&to, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&to, 2, "/dev/null", O_WRONLY, 0);
	assert_int_equal(posix_spawnp(&pid, argv[0], &to, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&to);
	close(ends[0]);
	if (input && write(ends[1], input->data, input->len) != (ssize_t)input->len)
		fail_msg("the shell didn't read its script");
	close(ends[1]);
	return pid;
}

/* The shell's words, then -c and these two. */
static void words(char **argv, const char *script, const char *first)
{
	size_t n = 0;

	for (; shell[n]; n++)
		argv[n] = strdup(shell[n]);
	argv[n++] = strdup("-c");
	argv[n++] = strdup(script);
	argv[n++] = strdup("sh");
	argv[n++] = strdup(first);
	argv[n] = NULL;
}

static void free_words(char **argv)
{
	for (; *argv; argv++)
		free(*argv);
}

static void run_prefix(const struct buf *script, size_t len)
{
	AUTO(str) char *prefix = xstrndup(script->data, len);
	char *argv[12];

	words(argv, "eval \"$1\"", prefix);
	waitpid(start(argv, NULL), NULL, 0);
	free_words(argv);
}

static void a_script_that_is_cut_anywhere_does_nothing(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf script = BUF_EMPTY;
	/* CERTPUSH_EVERY_BYTE=1 cuts at each: some ten seconds */
	const size_t step = getenv("CERTPUSH_EVERY_BYTE") ? 1 : 211;
	const size_t last = shell[1] ? 40 : 200;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	rig_plan(&r, "key 2\n", "chain 2\n");
	script_apply(
		&script, NONCE, r.plan, &(struct delivery){ .staging = rig_stage(&r) });
	for (size_t cut = 0; cut + 1 < script.len;
		cut += cut + last < script.len ? step : 1) {
		run_prefix(&script, cut);
		if (rig_has(&r, "log") || !rig_has(&r, ".certpush-s-1/0") ||
			rig_has(&r, ".certpush-lock") ||
			rig_has(&r, "mail/.key.pem.certpush-new"))
			fail_msg("cut at byte %zu of %zu, it did something", cut,
				script.len);
	}
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_tidy(&r);
	run_prefix(&script, script.len - 1); /* but for the last newline it is whole */
	assert_text(&r, "mail/key.pem", "key 2\n");
}

static void assert_one_of(struct rig *r, const char *name, const char *a, const char *b)
{
	const char *found = rig_read(r, name);

	if (!text_eq(found, a) && !text_eq(found, b))
		fail_msg("%s: neither old nor new: '%s'", name, found ? found : "(none)");
}

static void kill_after(struct rig *r, useconds_t microseconds)
{
	AUTO(buf) struct buf script = BUF_EMPTY;
	char *argv[12];
	pid_t pid;

	script_apply(
		&script, NONCE, r->plan, &(struct delivery){ .staging = rig_stage(r) });
	words(argv, "eval \"$(cat)\"", "");
	pid = start(argv, &script);
	usleep(microseconds);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free_words(argv);
	usleep(2000); /* for what it had started to end too */
}

static void a_script_that_is_killed_is_mended_by_the_next(void **state)
{
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 0\n", "chain 0\n");
	fake_sleep(&r, ":");
	for (unsigned i = 1; i <= 3; i++) {
		const char *old_key = arena_printf(r.arena, "key %u\n", i - 1);
		const char *key = arena_printf(r.arena, "key %u\n", i);
		const char *old_chain = arena_printf(r.arena, "chain %u\n", i - 1);
		const char *chain = arena_printf(r.arena, "chain %u\n", i);

		rig_plan(&r, key, chain);
		kill_after(&r, i * 11000);
		assert_one_of(&r, "mail/key.pem", old_key, key);
		assert_one_of(&r, "mail/full.pem", old_chain, chain);
		assert_one_of(&r, "news/full.pem", old_chain, chain);
		assert_int_equal(rig_stat(&r, "mail/key.pem").st_mode, S_IFREG | 0600);
		rig_push(&r, key, chain);
		assert_text(&r, "mail/key.pem", key);
		assert_text(&r, "mail/full.pem", chain);
		assert_text(&r, "news/full.pem", chain);
		assert_tidy(&r);
	}
}

/* ---- odd names ---- */

static void paths_and_commands_are_taken_as_they_are(void **state)
{
	static const char *const names[] = {
		"a b/c d.pem",
		"it's/\"quoted\".pem",
		"$(touch pwned)/`touch pwned`.pem",
		"back\\slash/;touch pwned;.pem",
		"*/?[a-z].pem",
		"-rf/--help",
		"\xc3\xa4\xc3\xb6/\xe2\x82\xac.pem",
		"#/~root",
		"{/}",
		"!/&|<>",
	};
	struct file files[ARRAY_LEN(names)];
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	assert_int_equal(chdir(*state), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		files[i] = (struct file){ .part = PART_FULLCHAIN,
			.path = rig_path(&r, names[i]),
			.mode = 0644,
			.certificate = "www" };
	r.services[0].files = files;
	r.services[0].n_files = ARRAY_LEN(names);
	r.host.n_services = 1;
	rig_push(&r, "key 1\n", "chain 1\n");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_text(&r, names[i], "chain 1\n");
	rig_plan(&r, "key 1\n", "chain 1\n");
	assert_true(plan_idle(r.plan));
	assert_false(rig_has(&r, "pwned"));
	assert_int_equal(chdir("/"), 0);
}

/* Under the other shells, what leans on the shell most; CERTPUSH_EVERY_SHELL=1: all. */
static const struct CMUnitTest essentials[] = {
	scratch_test(a_first_push_makes_directories_and_files),
	scratch_test(a_replacement_and_its_undo_leave_the_very_files),
	scratch_test(a_failed_validation_is_taken_back_without_a_reload),
	scratch_test(a_failed_reload_is_taken_back_and_reloaded_again),
	scratch_test(a_lock_of_the_dead_is_taken_at_once),
	scratch_test(a_script_that_is_cut_anywhere_does_nothing),
	scratch_test(paths_and_commands_are_taken_as_they_are),
};

static const struct CMUnitTest tests[] = {
	scratch_test(a_first_push_makes_directories_and_files),
	scratch_test(what_nobody_has_proved_is_owed_until_the_commit),
	scratch_test(where_nothing_is_to_be_proved_nothing_is_owed),
	scratch_test(an_owed_reload_runs_without_files),
	scratch_test(a_replacement_and_its_undo_leave_the_very_files),
	scratch_test(an_undo_whose_reload_fails_says_so),
	scratch_test(an_undone_first_push_leaves_nothing),
	scratch_test(an_undo_goes_back_to_what_was_proved_last),
	scratch_test(a_wrong_mode_is_put_right_without_content),
	scratch_test(without_sha256sum_there_are_others),
	scratch_test(a_failed_validation_is_taken_back_without_a_reload),
	scratch_test(a_failed_reload_is_taken_back_and_reloaded_again),
	scratch_test(a_failed_first_push_leaves_no_directories),
	scratch_test(what_arrives_damaged_changes_nothing),
	scratch_test(what_killed_runs_have_sent_goes),
	scratch_test(what_never_arrived_changes_nothing),
	scratch_test(a_file_where_a_directory_should_be_is_a_failure),
	scratch_test(an_owner_that_does_not_exist_is_a_failure),
	scratch_test(links_and_directories_are_seen_as_such),
	scratch_test(a_planted_link_is_not_followed),
	scratch_test(an_immutable_file_is_left_and_the_others_go_back),
	scratch_test(a_command_that_prints_without_end_is_cut),
	scratch_test(what_a_command_leaves_running_holds_nothing_up),
	scratch_test(commands_get_no_umask_and_no_directory_of_ours),
	scratch_test(a_restart_keeps_the_files),
	scratch_test(an_undo_restarts_what_was_restarted),
	scratch_test(a_failed_restart_is_taken_back_and_restarted_again),
	scratch_test(a_lock_of_the_living_is_waited_for),
	scratch_test(a_lock_that_stays_is_a_failure_after_a_minute),
	scratch_test(a_lock_of_the_dead_is_taken_at_once),
	scratch_test(a_lock_without_an_owner_is_taken_in_the_end),
	scratch_test(a_lock_of_yesterday_is_taken_whoever_has_its_pid_now),
	scratch_test(a_script_that_is_cut_anywhere_does_nothing),
	scratch_test(a_script_that_is_killed_is_mended_by_the_next),
	scratch_test(paths_and_commands_are_taken_as_they_are),
};

/* In the quick run, under the first shell alone. */
static const struct CMUnitTest samples[] = {
	scratch_test(a_failed_reload_is_taken_back_and_reloaded_again),
};

static bool have(const char *program)
{
	AUTO(str) char *command = xasprintf("command -v %s >/dev/null 2>&1", program);

	return system(command) == 0;
}

int main(void)
{
	static const struct {
		const char *name, *const words[4];
	} shells[] = {
		{ "dash", { "dash", NULL } },
		{ "bash", { "bash", "--posix", "--norc", NULL } },
		{ "busybox", { "busybox", "sh", NULL } },
		{ "mksh", { "mksh", NULL } },
	};
	int failed = 0;

	if (!thorough()) {
		shell = shells[0].words;
		return cmocka_run_group_tests(samples, NULL, NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (!have(shells[i].words[0])) {
			print_message("!!! NOT TESTED under %s: it isn't installed !!!\n",
				shells[i].name);
			continue;
		}
		shell = shells[i].words;
		failed += i == 0 || getenv("CERTPUSH_EVERY_SHELL")
			? cmocka_run_group_tests_name(shells[i].name, tests, NULL, NULL)
			: cmocka_run_group_tests_name(
				  shells[i].name, essentials, NULL, NULL);
	}
	return failed;
}
