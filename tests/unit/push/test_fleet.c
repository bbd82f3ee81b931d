/* Many hosts side by side, by either carrier: each a real sshd of its own. What the thread
 * sanitizer is for. And several services on one of them. */
#include "ssh/sshd.h"

#include "push/push.h"

#ifdef __SANITIZE_THREAD__
#define MANY true
#else
#define MANY false
#endif

struct site {
	const struct sshd *sshd;
	const char *const *services; /* of each host; NULL-terminated */
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

/* NAME.key and NAME.pem; what reloads it says so in `log`, and fails while there is
 * NAME.broken. */
static struct service service_of(struct site *s, size_t i, const char *name)
{
	struct file *files = arena_calloc(s->arena, 2, sizeof *files);

	files[0] = (struct file){ .part = PART_PRIVKEY,
		.path = arena_printf(s->arena, "%s/%s.key", below(s, i, "tls"), name),
		.mode = 0600,
		.certificate = "www" };
	files[1] = (struct file){ .part = PART_FULLCHAIN,
		.path = arena_printf(s->arena, "%s/%s.pem", below(s, i, "tls"), name),
		.mode = 0644,
		.certificate = "www" };
	return (struct service){ .name = name,
		.certificates = www,
		.n_certificates = 1,
		.files = files,
		.n_files = 2,
		.reload =
			arena_printf(s->arena, "echo %s >>'%s' && test ! -e '%s/%s.broken'",
				name, below(s, i, "log"), below(s, i, "tls"), name),
		.rollback = true,
		.wait = 1 };
}

static struct service *services_of(struct site *s, size_t i, size_t *n)
{
	struct service *list;

	for (*n = 0; s->services[*n];)
		++*n;
	list = arena_calloc(s->arena, *n, sizeof *list);
	for (size_t k = 0; k < *n; k++)
		list[k] = service_of(s, i, s->services[k]);
	return list;
}

/* Its home is its own, and with it the lock. */
static struct host host_of(struct site *s, size_t i, enum transport transport)
{
	static const char *const no_options[] = { NULL };
	const char *config = arena_printf(s->arena, "sshd_config.%zu", i);
	AUTO(str) char *at = sshd_path(s->sshd, config);
	struct service *services;
	size_t n;
	struct err e;

	assert_ok(fs_mkdirs(below(s, i, "tls"), 0700, &e), &e);
	put(at,
		arena_printf(s->arena,
			SSHD_USUAL "AuthorizedKeysFile %s/authorized\nPidFile none\n"
				   "StrictModes no\nUsePAM no\nPermitRootLogin yes\n"
				   "SetEnv HOME=%s/h%zu\nKexAlgorithms curve25519-sha256\n",
			s->sshd->dir, s->sshd->dir, i));
	services = services_of(s, i, &n);
	return (struct host){ .name = arena_printf(s->arena, "h%zu", i),
		.services = services,
		.n_services = n,
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

static void site_init(struct site *s, const struct sshd *d, enum transport transport,
	size_t hosts, const char *const *services)
{
	*s = (struct site){ .sshd = d,
		.services = services,
		.arena = arena_new(),
		.n = hosts,
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

static struct push_total try(struct site *s, const char *key, const char *chain)
{
	static const struct rollout all = { .max_fail_percentage = -1 };
	AUTO(report)
	struct report *report = report_new(&(struct report_options){ .quiet = true });

	buf_reset(&s->bundle.privkey_pem);
	buf_puts(&s->bundle.privkey_pem, key);
	buf_reset(&s->bundle.fullchain_pem);
	buf_puts(&s->bundle.fullchain_pem, chain);
	return push_run(&(struct push){ .hosts = s->list,
		.n_hosts = s->n,
		.bundle = the_bundle,
		.ctx = s,
		.contents = s->contents,
		.store_id = "s",
		.forks = s->n,
		.rollout = &all,
		.force = true,
		.report = report });
}

/* Returns how much changed. */
static size_t push(struct site *s, const char *key, const char *chain)
{
	struct push_total total = try(s, key, chain);

	assert_int_equal(total.hosts, s->n);
	assert_int_equal(total.failed, 0);
	for (size_t i = 0; i < s->n; i++)
		assert_int_equal(total.ends[i], PUSH_DONE);
	free(total.ends);
	free(total.settled);
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
	static const char *const web[] = { "web", NULL };
	AUTO(site) struct site s;

	site_init(&s, d, transport, MANY || thorough() ? 50 : 3, web);
	assert_int_equal(push(&s, "key 1\n", "chain 1\n"), 3 * s.n);
	assert_int_equal(push(&s, "key 1\n", "chain 1\n"), 0);
	assert_int_equal(push(&s, "key 2\n", "chain 2\n"), 3 * s.n);
	for (size_t i = 0; i < s.n; i++) {
		assert_text(below(&s, i, "tls/web.key"), "key 2\n");
		assert_text(below(&s, i, "tls/web.pem"), "chain 2\n");
		assert_text(below(&s, i, "log"), "web\nweb\n");
		unlink(below(&s, i, "tls/web.key"));
		unlink(below(&s, i, "tls/web.pem"));
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

/* The one in the middle can't be reloaded: the others don't mind, and nothing is done for
 * it twice. */
static void services_of_a_host_stand_for_themselves(void **state)
{
	static const char *const names[] = { "mail", "news", "web", NULL };
	const struct sshd *d = sshd_fresh(state);
	AUTO(site) struct site s;
	struct push_total total;

	sshd_know(d, "", "*.test", "host_ed25519");
	site_init(&s, d, TRANSPORT_LIBSSH2, 1, names);
	assert_int_equal(push(&s, "key 1\n", "chain 1\n"), 9);
	assert_text(below(&s, 0, "log"), "mail\nnews\nweb\n");
	unlink(below(&s, 0, "log"));
	put(below(&s, 0, "tls/news.broken"), "");
	total = try(&s, "key 2\n", "chain 2\n");
	assert_int_equal(total.ends[0], PUSH_FAILED);
	assert_int_equal(total.changes, 6);
	free(total.ends);
	free(total.settled);
	assert_text(below(&s, 0, "log"), "mail\nnews\nnews\nweb\n");
	assert_text(below(&s, 0, "tls/mail.key"), "key 2\n");
	assert_text(below(&s, 0, "tls/news.key"), "key 1\n");
	assert_text(below(&s, 0, "tls/news.pem"), "chain 1\n");
	assert_text(below(&s, 0, "tls/web.pem"), "chain 2\n");
	unlink(below(&s, 0, "tls/news.broken"));
	assert_int_equal(push(&s, "key 2\n", "chain 2\n"), 3);
	assert_int_equal(push(&s, "key 2\n", "chain 2\n"), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_hosts_are_pushed_to_side_by_side),
		cmocka_unit_test(services_of_a_host_stand_for_themselves),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
