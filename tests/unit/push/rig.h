/*
 * rig - a "host" in a scratch directory: two services, three files, and the scripts of
 * push/private/script.h run on it by a shell of this machine.
 *
 *   DIR/mail/key.pem, DIR/mail/full.pem   of the service mail
 *   DIR/news/full.pem                     of the service news
 *   DIR/log                               what validate and reload have written
 *   DIR/invalid, DIR/unloadable           while they exist, validate or reload fails
 */
#pragma once

#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "check.h"
#include "push/private/answer.h"
#include "push/private/script.h"

#include <fcntl.h>
#include <sys/stat.h>

#define NONCE "0123456789abcdef"

struct rig {
	const char *const *shell; /* argv up to -c, NULL-terminated */
	const char *dir;
	const char *path;  /* directory put before PATH, or NULL */
	const char *lacks; /* a command that this host doesn't have, or NULL */
	struct arena *arena;
	struct file files[3];
	struct service services[2];
	struct host host;
	struct bundle bundle;
	struct contents *contents;
	struct host_plan *plan;
	struct seen_file seen[16];
	struct buf answer;
	struct remote_story story;
};

static inline const char *rig_path(struct rig *r, const char *name)
{
	return arena_printf(r->arena, "%s/%s", r->dir, name);
}

static const char *const rig_certificates[] = { "www" };

/* Also for what is run without rig_run: the lock lies in its home, and never in ours, where
 * it may have been left by a test of yesterday. */
static inline void rig_init(struct rig *r, const char *const *shell, const char *dir)
{
	setenv("HOME", dir, 1);
	*r = (struct rig){
		.shell = shell,
		.dir = dir,
		.arena = arena_new(),
		.bundle = BUNDLE_EMPTY,
		.contents = contents_new(),
		.answer = BUF_EMPTY,
	};
	r->files[0] = (struct file){
		.part = PART_PRIVKEY, .path = rig_path(r, "mail/key.pem"), .mode = 0600
	};
	r->files[1] = (struct file){
		.part = PART_FULLCHAIN, .path = rig_path(r, "mail/full.pem"), .mode = 0644
	};
	r->files[2] = (struct file){
		.part = PART_FULLCHAIN, .path = rig_path(r, "news/full.pem"), .mode = 0640
	};
	r->services[0] =
		(struct service){ .name = "mail", .files = r->files, .n_files = 2 };
	r->services[1] =
		(struct service){ .name = "news", .files = r->files + 2, .n_files = 1 };
	for (int i = 0; i < 2; i++) {
		r->services[i].certificates = rig_certificates;
		r->services[i].n_certificates = 1;
		r->services[i].validate = arena_printf(r->arena,
			"echo validate >>'%s/log'; echo bad config >&2; test ! -e '%s/invalid'",
			dir, dir);
		r->services[i].reload = arena_printf(r->arena,
			"echo reload >>'%s/log'; echo no reload; test ! -e '%s/unloadable'",
			dir, dir);
		r->services[i].restart =
			arena_printf(r->arena, "echo restart >>'%s/log'", dir);
	}
	for (int i = 0; i < 3; i++)
		r->files[i].certificate = "www";
	r->host = (struct host){ .name = "h", .services = r->services, .n_services = 2 };
}

static inline void rig_clear(struct rig *r)
{
	arena_free(r->arena);
	contents_free(r->contents);
	bundle_clear(&r->bundle);
	buf_clear(&r->answer);
	remote_story_clear(&r->story);
}
DEFINE_AUTO_VALUE(struct rig, rig, rig_clear)

/* ---- files ---- */

static inline void rig_write(struct rig *r, const char *name, const char *text)
{
	struct err e;

	assert_ok(fs_write(rig_path(r, name), text, strlen(text), 0600, &e), &e);
}

/* NULL if there is none. In the rig's arena. */
static inline const char *rig_read(struct rig *r, const char *name)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	return fs_read(rig_path(r, name), 1 << 20, &text, &e)
		? arena_strndup(r->arena, text.data, text.len)
		: NULL;
}

static inline bool rig_has(struct rig *r, const char *name)
{
	struct stat st;

	return lstat(rig_path(r, name), &st) == 0;
}

static inline struct stat rig_stat(struct rig *r, const char *name)
{
	struct stat st;

	if (lstat(rig_path(r, name), &st) != 0)
		fail_msg("%s isn't there", name);
	return st;
}

static inline void assert_text(struct rig *r, const char *name, const char *wanted)
{
	const char *found = rig_read(r, name);

	if (!found != !wanted || (wanted && strcmp(found, wanted) != 0))
		fail_msg("%s: '%s', not '%s'; the script said: %s", name,
			found ? found : "(none)", wanted ? wanted : "(none)",
			r->answer.data);
}

/* Nothing of certpush's own lies beside the files. */
static inline void assert_tidy(struct rig *r)
{
	static const char *const dirs[] = { "mail", "news" };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char **names;
		struct err e;
		size_t n;

		if (!fs_names(rig_path(r, dirs[i]), &names, &n, &e))
			continue;
		for (size_t k = 0; k < n; k++)
			if (strstr(names[k], "certpush"))
				fail_msg("%s/%s is left; the script said: %s", dirs[i],
					names[k], r->answer.data);
		fs_names_free(names, n);
	}
}

/* ---- scripts ---- */

static inline void rig_run(struct rig *r, const struct buf *script)
{
	const char *argv[8] = { NULL };
	const char *env[] = { NULL, NULL, NULL };
	AUTO(child_result) struct child_result result = CHILD_RESULT_EMPTY;
	AUTO(buf) struct buf input = BUF_EMPTY;
	struct child_spec spec = { .argv = argv, .deadline = deadline_in(30) };
	struct err e;
	size_t n = 0;

	if (r->lacks)
		buf_printf(&input,
			"command() { if [ \"$2\" = %s ]; then return 1; else return 0; fi; }\n"
			"%s() { return 127; }\n",
			r->lacks, r->lacks);
	buf_add(&input, script->data, script->len);
	spec.input = input.data;
	spec.input_len = input.len;

	for (; r->shell[n]; n++)
		argv[n] = r->shell[n];
	argv[n++] = "-c";
	argv[n] = "eval \"$(cat)\"";
	env[0] = arena_printf(r->arena, "HOME=%s", r->dir); /* the lock lies there */
	if (r->path)
		env[1] = arena_printf(r->arena, "PATH=%s:%s", r->path, getenv("PATH"));
	spec.env = env;
	assert_ok(child_run(&spec, &result, &e), &e);
	buf_reset(&r->answer);
	buf_add(&r->answer, result.out.data, result.out.len);
	if (result.err.len > 0)
		fail_msg("the script complained: %s", result.err.data);
}

static inline const struct bundle *rig_bundle(void *ctx, const char *certificate)
{
	assert_string_equal(certificate, "www");
	return ctx;
}

/* Look, and decide what must change so that it holds the bundle. */
static inline void rig_plan_bundle(struct rig *r)
{
	AUTO(buf) struct buf script = BUF_EMPTY;
	struct err e;

	r->plan =
		plan_targets(r->arena, &r->host, NULL, rig_bundle, &r->bundle, r->contents);
	script_look(&script, NONCE, r->plan);
	rig_run(r, &script);
	assert_ok(answer_seen(r->answer.data, NONCE, r->seen, r->plan->n_targets, &e), &e);
	assert_ok(plan_compare(r->plan, r->seen, true, &e), &e);
	plan_commands(r->arena, r->plan);
}

/* The same with this key and this chain. */
static inline void rig_plan(struct rig *r, const char *key, const char *fullchain)
{
	buf_reset(&r->bundle.privkey_pem);
	buf_puts(&r->bundle.privkey_pem, key);
	buf_reset(&r->bundle.fullchain_pem);
	buf_puts(&r->bundle.fullchain_pem, fullchain);
	rig_plan_bundle(r);
}

static inline void rig_tell(struct rig *r, const struct buf *script)
{
	struct err e;

	rig_run(r, script);
	remote_story_clear(&r->story);
	if (!answer_story(r->answer.data, NONCE, &r->story, &e))
		fail_msg("%s: %s", e.msg, r->answer.data);
}

/* What SFTP would have brought. */
static inline const char *rig_stage(struct rig *r)
{
	const char *dir = rig_path(r, ".certpush-s-1");
	struct err e;

	assert_ok(fs_mkdirs(dir, 0700, &e), &e);
	for (size_t i = 0; i < r->plan->n_targets; i++) {
		const struct target *t = &r->plan->targets[i];
		AUTO(str) char *path = xasprintf("%s/%zu", dir, i);

		if (t->send && script_staged(r->plan, i) == i)
			assert_ok(
				fs_write(path, t->content->data, t->content->len, 0600, &e),
				&e);
	}
	return dir;
}

static inline void rig_deliver(struct rig *r, bool for_good)
{
	AUTO(buf) struct buf script = BUF_EMPTY;

	script_apply(&script, NONCE, r->plan,
		&(struct delivery){ .staging = rig_stage(r), .for_good = for_good });
	rig_tell(r, &script);
	assert_false(rig_has(r, ".certpush-s-1"));
}

static inline void rig_apply(struct rig *r)
{
	rig_deliver(r, false);
}

static inline void rig_commit(struct rig *r)
{
	AUTO(buf) struct buf script = BUF_EMPTY;

	script_commit(&script, NONCE, r->plan);
	rig_tell(r, &script);
	assert_null(remote_story_failure(&r->story));
}

static inline void rig_undo(struct rig *r)
{
	AUTO(buf) struct buf script = BUF_EMPTY;

	script_undo(&script, NONCE, r->plan, NULL, 0);
	rig_tell(r, &script);
}

static inline void rig_put(struct rig *r, size_t file, const char *text)
{
	const struct file *f = &r->files[file];
	AUTO(str) char *dir = fs_dirname(f->path);
	struct err e;

	assert_ok(fs_mkdirs(dir, 0755, &e), &e);
	assert_ok(fs_write(f->path, text, strlen(text), f->mode, &e), &e);
}

/* Both services hold these, proved, as an earlier push has left them. */
static inline void rig_settle(struct rig *r, const char *key, const char *fullchain)
{
	rig_put(r, 0, key);
	rig_put(r, 1, fullchain);
	rig_put(r, 2, fullchain);
	unlink(rig_path(r, "log"));
}

/* The same, by a push. */
static inline void rig_push(struct rig *r, const char *key, const char *fullchain)
{
	rig_plan(r, key, fullchain);
	rig_apply(r);
	assert_null(remote_story_failure(&r->story));
	rig_commit(r);
	unlink(rig_path(r, "log"));
}

static inline void assert_failed(struct rig *r, const char *step, const char *text)
{
	const struct remote_event *f = remote_story_failure(&r->story);

	if (!f)
		fail_msg("nothing failed: %s", r->answer.data);
	else if (!text_eq(f->step, step) || !strstr(f->text, text))
		fail_msg("not %s with '%s': %s", step, text, r->answer.data);
}
