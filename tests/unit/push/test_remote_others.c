/* What our scripts leave to others: another push that has the lock, services beside the one
 * that fails. */
#include "rig.h"

static const char *const shell[] = { "sh", NULL };

/* Whoever waited for the lock in vain leaves what its holder has prepared. */
static void a_push_without_the_lock_takes_nothing_away(void **state)
{
	AUTO(rig) struct rig r;
	struct err e;

	rig_init(&r, shell, *state);
	rig_write(&r, "sleep", "#!/bin/sh\n");
	assert_int_equal(chmod(rig_path(&r, "sleep"), 0700), 0);
	r.path = r.dir;
	rig_plan(&r, "key 1\n", "chain 1\n");
	assert_ok(fs_mkdirs(rig_path(&r, ".certpush-lock"), 0700, &e), &e);
	rig_write(&r, ".certpush-lock/pid", arena_printf(r.arena, "%ld\n", (long)getpid()));
	assert_ok(fs_mkdirs(rig_path(&r, "mail/.key.pem.certpush-new"), 0700, &e), &e);
	rig_write(&r, "mail/.key.pem.certpush-new/file", "key 2\n");
	rig_apply(&r);
	assert_string_equal(remote_story_failure(&r.story)->step, "lock");
	assert_text(&r, "mail/.key.pem.certpush-new/file", "key 2\n");
}

/* The files of a service that only needed a reload go back with the others. */
static void a_failed_restart_reloads_the_others_too(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf script = BUF_EMPTY;
	struct command broken;

	rig_init(&r, shell, *state);
	rig_plan(&r, "key 1\n", "chain 1\n");
	rig_apply(&r);
	rig_commit(&r);
	rig_plan(&r, "key 2\n", "chain 2\n");
	rig_apply(&r);
	rig_write(&r, "log", "");
	broken = (struct command){ "exit 7", &r.services[0] };
	script_restart(&script, NONCE, r.plan, &broken, 1);
	rig_tell(&r, &script);
	assert_string_equal(remote_story_failure(&r.story)->step, "restart");
	assert_true(r.story.restored);
	assert_text(&r, "news/full.pem", "chain 1\n");
	assert_text(&r, "log", "reload\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		scratch_test(a_push_without_the_lock_takes_nothing_away),
		scratch_test(a_failed_restart_reloads_the_others_too),
	};

	return thorough() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
