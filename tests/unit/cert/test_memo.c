/* What was verified, and for how long that holds; what was sent before. */
#include "cert/private/memo.h"

#include "check.h"
#include "made_cert.h"

#include <pthread.h>
#include <stdatomic.h>

static struct made one, other;

static int setup(void **state)
{
	(void)state;
	one = made_cert(&(const struct made_wish){ .cn = "one", .san = "DNS:one" }, NULL);
	other = made_cert(&(const struct made_wish){ .cn = "two", .san = "DNS:two" }, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	made_clear(&one);
	made_clear(&other);
	return 0;
}

static void only_the_whole_chain_is_known_again(void **state)
{
	AUTO(memo) struct memo *m = memo_new();
	AUTO(chain) struct chain a = MADE_CHAIN(&one, &other);
	AUTO(chain) struct chain same = MADE_CHAIN(&one, &other);
	AUTO(chain) struct chain turned = MADE_CHAIN(&other, &one);
	AUTO(chain) struct chain less = MADE_CHAIN(&one);
	AUTO(chain) struct chain more = MADE_CHAIN(&one, &other, &other);
	const struct chain none = { 0 };
	struct chain_path path = { .from = 10, .until = 20, .sent = 3 };

	(void)state;
	assert_false(memo_find(m, &a, 15, &path));
	memo_keep(m, &a, &path);
	path = (struct chain_path){ 0 };
	assert_true(memo_find(m, &same, 15, &path));
	assert_int_equal(path.until, 20);
	assert_int_equal(path.sent, 3);
	assert_false(memo_find(m, &turned, 15, &path));
	assert_false(memo_find(m, &less, 15, &path));
	assert_false(memo_find(m, &more, 15, &path));
	assert_false(memo_find(m, &none, 15, &path));
}

static void what_was_verified_ends_with_its_certificates(void **state)
{
	AUTO(memo) struct memo *m = memo_new();
	AUTO(chain) struct chain a = MADE_CHAIN(&one);
	struct chain_path path = { .from = 10, .until = 20 };

	(void)state;
	memo_keep(m, &a, &path);
	assert_false(memo_find(m, &a, 9, &path));
	assert_true(memo_find(m, &a, 10, &path));
	assert_true(memo_find(m, &a, 20, &path));
	assert_false(memo_find(m, &a, 21, &path));
}

/* More than there are places: each is right, or gone. */
static void what_wants_the_same_place_takes_it(void **state)
{
	enum { MADE = 18, PAIRS = MADE * MADE };
	AUTO(memo) struct memo *m = memo_new();
	struct chain certs[MADE];
	struct chain_path path;
	size_t kept = 0;

	(void)state;
	for (size_t i = 0; i < MADE; i++) {
		AUTO(made)
		struct made made = made_cert(
			&(const struct made_wish){
				.cn = "c", .san = "DNS:c", .same = &one },
			NULL);

		certs[i] = MADE_CHAIN(&made);
	}
	for (size_t i = 0; i < 2 * PAIRS; i++) {
		const size_t k = i % PAIRS;
		struct cert *pair[] = { certs[k / MADE].certs[0],
			certs[k % MADE].certs[0] };
		const struct chain c = { pair, 2 };

		path = (struct chain_path){ .until = (time_t)(1000 + k) };
		if (i < PAIRS) {
			memo_keep(m, &c, &path);
		} else if (memo_find(m, &c, 1, &path)) {
			assert_int_equal(path.until, 1000 + k);
			kept++;
		}
	}
	assert_true(kept > 0 && kept < PAIRS);
	for (size_t i = 0; i < MADE; i++)
		chain_clear(&certs[i]);
}

/* ---- the pool ---- */

static struct chain sent(struct cert_pool *pool, const struct made *a, const struct made *b)
{
	STACK_OF(X509) *sk = sk_X509_new_null();
	struct chain c;
	struct err e;

	sk_X509_push(sk, a->x509);
	sk_X509_push(sk, b->x509);
	assert_ok(chain_from_stack(sk, pool, &c, &e), &e);
	sk_X509_free(sk);
	return c;
}

static void what_is_sent_again_is_held_once(void **state)
{
	struct cert_pool *pool = cert_pool_new();
	AUTO(chain) struct chain a = sent(pool, &one, &other), b = sent(pool, &other, &one);
	AUTO(chain) struct chain apart = sent(NULL, &one, &other);
	AUTO(made) struct made copy = { .x509 = X509_dup(one.x509) };
	AUTO(chain) struct chain c = sent(pool, &copy, &one);

	(void)state;
	assert_ptr_equal(a.certs[0], b.certs[1]);
	assert_ptr_equal(a.certs[1], b.certs[0]);
	assert_ptr_equal(c.certs[0], c.certs[1]);
	assert_ptr_equal(c.certs[0], a.certs[0]);
	assert_ptr_not_equal(apart.certs[0], a.certs[0]);
	cert_pool_free(pool);
	assert_string_equal(cert_subject_name(a.certs[0]), "one");
	chain_clear(&b);
	assert_string_equal(cert_subject_name(a.certs[1]), "two");
}

/* ---- both ---- */

struct shared {
	struct memo *memo;
	struct cert_pool *pool;
	atomic_int wrong;
};

static void *use(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < 200; i++) {
		AUTO(chain)
		struct chain c =
			i % 2 ? sent(s->pool, &one, &other) : sent(s->pool, &other, &one);
		struct chain_path path = { .until = 1 + i % 2 };

		memo_keep(s->memo, &c, &path);
		if (memo_find(s->memo, &c, 1, &path) && path.until != 1 + i % 2)
			atomic_fetch_add(&s->wrong, 1);
	}
	return NULL;
}

static void threads_share_them(void **state)
{
	struct shared s = { .memo = memo_new(), .pool = cert_pool_new() };
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use, &s), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s.wrong, 0);
	memo_free(s.memo);
	cert_pool_free(s.pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_whole_chain_is_known_again),
		cmocka_unit_test(what_was_verified_ends_with_its_certificates),
		cmocka_unit_test(what_wants_the_same_place_takes_it),
		cmocka_unit_test(what_is_sent_again_is_held_once),
		cmocka_unit_test(threads_share_them),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
