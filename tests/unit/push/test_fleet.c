/* Many hosts side by side, by either carrier: each a real sshd of its own. What the thread
 * sanitizer is for. */
#include "ssh/sshd.h"

#include "push/push.h"

#ifdef __SANITIZE_THREAD__
#define MANY true
#else
#define MANY false
#endif

struct site {
	const struct sshd *sshd;
	struct arena *arena;
	struct host *hosts;
	const struct host **list;
	size_t n;
	struct bundle bundle;
	struct contents *contents;
};

static const char *below(struct site *s, size_t i, const char *name)
{
	return arena_printf(s->arena, "%s/h%zu/%s", s->sshd->dir, i, name);
}

static void put(const char *path, const char *text)
{
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), 0600, &e), &e);
}

static const char *const www[] = { "www" };

static struct service *service_of(struct site *s, size_t i)
{
	struct service *service = arena_calloc(s->arena, 1, sizeof *service);
	struct file *files = arena_calloc(s->arena, 2, sizeof *files);

	files[0] = (struct file){ .part = PART_PRIVKEY,
		.path = below(s, i, "tls/key.pem"),
		.mode = 0600,
		.certificate = "www" };
	files[1] = (struct file){ .part = PART_FULLCHAIN,
		.path = below(s, i, "tls/full.pem"),
		.mode = 0644,
		.certificate = "www" };
	*service = (struct service){ .name = "web",
		.certificates = www,
		.n_certificates = 1,
		.files = files,
		.n_files = 2,
		.reload = arena_printf(s->arena, "echo reload >>'%s'", below(s, i, "log")),
		.rollback = true,
		.wait = 1 };
	return service;
}

/* Its home is its own, and with it the lock. */
static struct host host_of(struct site *s, size_t i, enum transport transport)
{
	static const char *const no_options[] = { NULL };
	const char *config = arena_printf(s->arena, "sshd_config.%zu", i);
	AUTO(str) char *at = sshd_path(s->sshd, config);
	struct err e;

	assert_ok(fs_mkdirs(below(s, i, "tls"), 0700, &e), &e);
	put(at,
		arena_printf(s->arena,
			SSHD_USUAL "AuthorizedKeysFile %s/authorized\nPidFile none\n"
				   "StrictModes no\nUsePAM no\nPermitRootLogin yes\n"
				   "SetEnv HOME=%s/h%zu\nKexAlgorithms curve25519-sha256\n",
			s->sshd->dir, s->sshd->dir, i));
	return (struct host){ .name = arena_printf(s->arena, "h%zu", i),
		.services = service_of(s, i),
		.n_services = 1,
		.connection = { .address = arena_printf(s->arena, "h%zu.test", i),
			.port = 22,
			.user = s->sshd->user,
			.key_file = s->sshd->key,
			.known_hosts = s->sshd->known_hosts,
			.remote_tmp = below(s, i, "tmp"),
			.proxy_command = arena_printf(s->arena,
				"/bin/sh -c 'cd %s && exec /usr/sbin/sshd -i -f %s -E log'",
				s->sshd->dir, config),
			.timeout = 60,
			.transport = transport,
			.options = no_options } };
}

static void site_init(struct site *s, const struct sshd *d, enum transport transport)
{
	*s = (struct site){ .sshd = d,
		.arena = arena_new(),
		.n = MANY || thorough() ? 50 : 3,
		.bundle = BUNDLE_EMPTY,
		.contents = contents_new() };
	s->hosts = arena_calloc(s->arena, s->n, sizeof *s->hosts);
	s->list = arena_calloc(s->arena, s->n, sizeof *s->list);
	for (size_t i = 0; i < s->n; i++) {
		s->hosts[i] = host_of(s, i, transport);
		s->list[i] = &s->hosts[i];
	}
}

static void site_clear(struct site *s)
{
	contents_free(s->contents);
	bundle_clear(&s->bundle);
	arena_free(s->arena);
}
DEFINE_AUTO_VALUE(struct site, site, site_clear)

static const struct bundle *the_bundle(void *ctx, const char *certificate)
{
	assert_string_equal(certificate, "www");
	return &((struct site *)ctx)->bundle;
}

/* Returns how much changed. */
static size_t push(struct site *s, const char *key, const char *chain)
{
	static const struct rollout all = { .max_fail_percentage = -1 };
	AUTO(report)
	struct report *report = report_new(&(struct report_options){ .quiet = true });
	struct push_total total;

	buf_reset(&s->bundle.privkey_pem);
	buf_puts(&s->bundle.privkey_pem, key);
	buf_reset(&s->bundle.fullchain_pem);
	buf_puts(&s->bundle.fullchain_pem, chain);
	total = push_run(&(struct push){ .hosts = s->list,
		.n_hosts = s->n,
		.bundle = the_bundle,
		.ctx = s,
		.contents = s->contents,
		.store_id = "s",
		.forks = s->n,
		.rollout = &all,
		.force = true,
		.report = report });
	assert_int_equal(total.hosts, s->n);
	assert_int_equal(total.failed, 0);
	for (size_t i = 0; i < s->n; i++)
		assert_int_equal(total.ends[i], PUSH_DONE);
	free(total.ends);
	return total.changes;
}

static void assert_text(const char *path, const char *want)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	assert_ok(fs_read(path, 4096, &text, &e), &e);
	assert_string_equal(text.data, want);
}

static void pushed_side_by_side(const struct sshd *d, enum transport transport)
{
	AUTO(site) struct site s;

	site_init(&s, d, transport);
	assert_int_equal(push(&s, "key 1\n", "chain 1\n"), 3 * s.n);
	assert_int_equal(push(&s, "key 1\n", "chain 1\n"), 0);
	assert_int_equal(push(&s, "key 2\n", "chain 2\n"), 3 * s.n);
	for (size_t i = 0; i < s.n; i++) {
		assert_text(below(&s, i, "tls/key.pem"), "key 2\n");
		assert_text(below(&s, i, "tls/full.pem"), "chain 2\n");
		assert_text(below(&s, i, "log"), "reload\nreload\n");
		unlink(below(&s, i, "tls/key.pem"));
		unlink(below(&s, i, "tls/full.pem"));
		unlink(below(&s, i, "log"));
	}
}

static void many_hosts_are_pushed_to_side_by_side(void **state)
{
	const struct sshd *d = sshd_fresh(state);

	sshd_know(d, "", "*.test", "host_ed25519");
	pushed_side_by_side(d, TRANSPORT_LIBSSH2);
	pushed_side_by_side(d, TRANSPORT_OPENSSH);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_hosts_are_pushed_to_side_by_side),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
