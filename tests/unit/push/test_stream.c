/* What comes down one standard input: a script, its files, the next script; cut anywhere,
 * under every shell that this machine has. */
#include "rig.h"

#include "push/private/become.h"
#include "push/private/carrier.h"

static const char *const *shell;

/* Whatever a text may not hold, at either end too. */
static const char key[] =
	"\0\r\n\xff \\ $(touch pwned)`touch pwned`'\"\n5 x\necho pwned\n\0";
static const char chain[] = "\n\nchain\0\n";

/* The plan's files as they travel. */
static struct parcel pack(struct rig *r)
{
	struct parcel p = { arena_calloc(r->arena, r->plan->n_targets, sizeof *p.files),
		0 };

	for (size_t i = 0; i < r->plan->n_targets; i++)
		if (r->plan->targets[i].send && script_staged(r->plan, i) == i)
			p.files[p.n++] =
				(struct ssh_file){ arena_printf(r->arena, "%zu", i),
					r->plan->targets[i].content->data,
					r->plan->targets[i].content->len };
	return p;
}

static void frame(struct buf *out, const struct buf *script, const struct parcel *behind)
{
	buf_printf(out, "%zu .word\n", script->len);
	buf_add(out, script->data, script->len);
	for (size_t i = 0; behind && i < behind->n; i++)
		buf_add(out, behind->files[i].data, behind->files[i].len);
}

static void plan_binary(struct rig *r)
{
	buf_reset(&r->bundle.privkey_pem);
	buf_add(&r->bundle.privkey_pem, key, sizeof key);
	buf_reset(&r->bundle.fullchain_pem);
	buf_add(&r->bundle.fullchain_pem, chain, sizeof chain);
	rig_plan_bundle(r);
}

/* All that goes down for a push: look, apply with the files behind it, commit. */
static void whole_push(struct rig *r, struct buf *out, size_t *apply_ends)
{
	AUTO(buf) struct buf script = BUF_EMPTY;
	const struct parcel behind = pack(r);
	const struct delivery d = { .staging = ".certpush-s-1", .behind = &behind };

	script_look(&script, NONCE, r->plan);
	frame(out, &script, NULL);
	buf_reset(&script);
	script_apply(&script, NONCE, r->plan, &d);
	frame(out, &script, &behind);
	*apply_ends = out->len;
	buf_reset(&script);
	script_commit(&script, NONCE, r->plan);
	frame(out, &script, NULL);
}

/* By the words that a host's shell runs; the status it ends with. */
static int feed(struct rig *r, const char *data, size_t len)
{
	const char *argv[12] = { NULL };
	const char *env[] = { arena_printf(r->arena, "HOME=%s", r->dir),
		r->path ? arena_printf(r->arena, "PATH=%s:%s", r->path, getenv("PATH"))
			: NULL,
		NULL };
	AUTO(child_result) struct child_result result = CHILD_RESULT_EMPTY;
	struct child_spec spec = { .argv = argv,
		.env = env,
		.dir = r->dir,
		.input = data,
		.input_len = len,
		.deadline = deadline_in(30) };
	struct err e;
	size_t n = 0;

	/* a pipe, as sshd makes it: what is read of it is gone */
	argv[n++] = "sh";
	argv[n++] = "-c";
	argv[n++] = "cat | \"$@\"";
	argv[n++] = "sh";
	for (size_t i = 0; r->shell[i]; i++)
		argv[n++] = r->shell[i];
	argv[n++] = "-c";
	argv[n] = become_run;
	assert_ok(child_run(&spec, &result, &e), &e);
	buf_reset(&r->answer);
	buf_add(&r->answer, result.out.data, result.out.len);
	return result.status;
}

static void assert_bytes(struct rig *r, const char *name, const void *data, size_t len)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e;

	assert_ok(fs_read(rig_path(r, name), 1 << 20, &b, &e), &e);
	if (b.len != len || memcmp(b.data, data, len) != 0)
		fail_msg("%s: %zu bytes, or not the same: %s", name, b.len, r->answer.data);
}

static void files_arrive_to_the_byte(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf input = BUF_EMPTY;
	size_t ignored;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	plan_binary(&r);
	whole_push(&r, &input, &ignored);
	assert_int_equal(feed(&r, input.data, input.len), 0);
	assert_bytes(&r, "mail/key.pem", key, sizeof key);
	assert_bytes(&r, "mail/full.pem", chain, sizeof chain);
	assert_bytes(&r, "news/full.pem", chain, sizeof chain);
	assert_int_equal(rig_stat(&r, "mail/key.pem").st_mode, S_IFREG | 0600);
	assert_text(&r, "log", "validate\nreload\n");
	assert_false(rig_has(&r, "pwned"));
	assert_false(rig_has(&r, ".certpush-s-1"));
	assert_false(rig_has(&r, ".certpush-lock"));
	assert_tidy(&r);
}

/* POSIX's, of which each read counts as a block. */
static void a_plain_dd_will_do(void **state)
{
	static const char plain[] =
		"#!/bin/sh\ncase $* in *iflag*) exit 1 ;; esac\nexec /bin/dd \"$@\"\n";
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf input = BUF_EMPTY;
	size_t ignored;

	rig_init(&r, shell, *state);
	mkdir(rig_path(&r, "bin"), 0755);
	rig_write(&r, "bin/dd", plain);
	assert_int_equal(chmod(rig_path(&r, "bin/dd"), 0755), 0);
	r.path = rig_path(&r, "bin");
	plan_binary(&r);
	whole_push(&r, &input, &ignored);
	assert_int_equal(feed(&r, input.data, input.len), 0);
	assert_bytes(&r, "mail/key.pem", key, sizeof key);
	assert_tidy(&r);
}

static void a_stream_that_is_cut_anywhere_does_nothing(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf input = BUF_EMPTY;
	/* CERTPUSH_EVERY_BYTE=1 cuts at each; else at each of the files' */
	const size_t step = getenv("CERTPUSH_EVERY_BYTE") ? 1 : 1499;
	size_t end;

	rig_init(&r, shell, *state);
	rig_settle(&r, "key 1\n", "chain 1\n");
	plan_binary(&r);
	whole_push(&r, &input, &end);
	for (size_t cut = 0; cut < end;
		cut += cut + sizeof key + sizeof chain < end ? step : 1) {
		feed(&r, input.data, cut);
		if (rig_has(&r, "log") || rig_has(&r, ".certpush-s-1") ||
			rig_has(&r, ".certpush-lock") || rig_has(&r, "pwned") ||
			rig_has(&r, "mail/.key.pem.certpush-new"))
			fail_msg("cut at byte %zu of %zu, it did something: %s", cut, end,
				r.answer.data);
	}
	assert_text(&r, "mail/key.pem", "key 1\n");
	assert_tidy(&r);
	assert_int_equal(feed(&r, input.data, end), 0);
	assert_bytes(&r, "mail/key.pem", key, sizeof key);
}

/* What can't be put anywhere isn't taken for the next script either. */
static void what_is_not_read_is_not_run(void **state)
{
	AUTO(rig) struct rig r;
	AUTO(buf) struct buf input = BUF_EMPTY;
	size_t ignored;

	rig_init(&r, shell, *state);
	plan_binary(&r);
	whole_push(&r, &input, &ignored);
	/* a name that is taken; it is not ours to remove */
	rig_write(&r, ".certpush-s-1", "here already");
	buf_puts(&input, "10 x\ntouch late\n");
	assert_int_not_equal(feed(&r, input.data, input.len), 0);
	assert_non_null(strstr(r.answer.data, "fail receive - "));
	assert_null(strstr(r.answer.data, "pwned"));
	assert_text(&r, ".certpush-s-1", "here already");
	assert_false(rig_has(&r, "late"));
	assert_false(rig_has(&r, "mail"));
}

static void a_script_that_is_no_script_ends_all(void **state)
{
	static const char input[] = "4 .a\n{ if9 .b\ntouch late";
	AUTO(rig) struct rig r;

	rig_init(&r, shell, *state);
	assert_int_not_equal(feed(&r, input, sizeof input - 1), 0);
	assert_string_equal(r.answer.data, "");
	assert_false(rig_has(&r, "late"));
}

static void this_machine_is_a_host_too(void **state)
{
	AUTO(buf) struct buf script = BUF_EMPTY, out = BUF_EMPTY;
	struct ssh_file file = { "0", key, sizeof key };
	const struct parcel behind = { &file, 1 };
	const struct host h = { .name = "h", .connection.local = true };
	AUTO(carrier) struct carrier *c = NULL;
	AUTO(str) char *path = xasprintf("%s/it", (char *)*state);
	AUTO(buf) struct buf got = BUF_EMPTY;
	struct err e;

	c = carrier_open(&h, NULL, NULL, NULL, &e);
	buf_printf(&script,
		"echo certpush x; dd bs=1 count=%zu of=%s 2>/dev/null; echo end",
		sizeof key, path);
	assert_ok(carrier_script(c, &script, &behind, &out, deadline_in(30), &e), &e);
	assert_int_equal(strncmp(out.data, "certpush x\nend\n.", 16), 0);
	assert_ok(fs_read(path, 1 << 20, &got, &e), &e);
	assert_int_equal(got.len, sizeof key);
	assert_memory_equal(got.data, key, sizeof key);
}

static const struct CMUnitTest tests[] = {
	scratch_test(files_arrive_to_the_byte),
	scratch_test(a_plain_dd_will_do),
	scratch_test(a_stream_that_is_cut_anywhere_does_nothing),
	scratch_test(what_is_not_read_is_not_run),
	scratch_test(a_script_that_is_no_script_ends_all),
	scratch_test(this_machine_is_a_host_too),
};

/* In the quick run, under the first shell alone. */
static const struct CMUnitTest samples[] = {
	scratch_test(files_arrive_to_the_byte),
	scratch_test(what_is_not_read_is_not_run),
	scratch_test(a_script_that_is_no_script_ends_all),
	scratch_test(this_machine_is_a_host_too),
};

int main(void)
{
	static const struct {
		const char *name, *const words[4];
	} shells[] = {
		{ "dash", { "dash", NULL } },
		{ "bash", { "bash", "--posix", "--norc", NULL } },
		{ "busybox", { "busybox", "sh", NULL } },
	};
	int failed = 0;

	if (!thorough()) {
		shell = shells[0].words;
		return cmocka_run_group_tests(samples, NULL, NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (!child_found(shells[i].words[0])) {
			print_message("!!! NOT TESTED under %s: it isn't installed !!!\n",
				shells[i].name);
			continue;
		}
		shell = shells[i].words;
		failed += cmocka_run_group_tests_name(shells[i].name, tests, NULL, NULL);
	}
	return failed;
}
