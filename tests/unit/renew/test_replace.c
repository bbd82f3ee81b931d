/* What a replacement remembers, and for which reason it will revoke. */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "cert/key.h"
#include "check.h"
#include "made_cert.h"
#include "renew/renew.h"

static const char *const names[] = { "www.example.net" };
static const struct certificate wanted = {
	.name = "www", .names = names, .n_names = 1, .key = "p256"
};

static struct bundle made_bundle(void)
{
	const struct made_wish w = { "www", "DNS:www.example.net", 0, 0, NULL };
	AUTO(made) struct made m = made_cert(&w, NULL);
	AUTO(chain) struct chain chain = MADE_CHAIN(&m);
	AUTO(key) struct key *key = made_key(&m);
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct bundle b = BUNDLE_EMPTY;
	struct err e;

	chain_to_pem(&chain, 0, 1, &pem);
	assert_ok(bundle_from_pem(&b, pem.data, pem.len, key, &e), &e);
	return b;
}

static struct store *store_with_one(void **state)
{
	AUTO(bundle) struct bundle b = made_bundle();
	struct err e;
	struct store *s = store_open(*state, true, &e);

	assert_non_null(s);
	assert_ok(store_write(s, "www", &b, 5, &e), &e);
	return s;
}

static void the_reason_is_the_gravest(void **state)
{
	static const struct {
		const char *revoked, *before, *given, *want;
	} rows[] = {
		{ NULL, NULL, NULL, "superseded" },
		{ NULL, NULL, "affiliationChanged", "affiliationChanged" },
		{ "unspecified", NULL, NULL, "unspecified" },
		{ "unspecified", NULL, "superseded", "superseded" },
		{ NULL, "superseded", "keyCompromise", "keyCompromise" },
		{ NULL, "affiliationChanged", NULL, "affiliationChanged" },
		{ NULL, "keyCompromise", "superseded", "keyCompromise" },
		{ NULL, "keyCompromise", NULL, "keyCompromise" },
		{ "keyCompromise", NULL, "superseded", "keyCompromise" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(store) struct store *s = store_with_one(state);
		AUTO(replacement) struct replacement r = { 0 };
		AUTO(store_state) struct store_state st = { 0 };
		struct err e;

		st.revoked = rows[i].revoked ? xstrdup(rows[i].revoked) : NULL;
		assert_ok(store_state_save(s, "www", &st, &e), &e);
		assert_ok(store_replaced_drop(s, "www", &e), &e);
		if (rows[i].before) {
			AUTO(replacement) struct replacement first = { 0 };

			first.reason = xstrdup(rows[i].before);
			assert_ok(replacement_begin(&wanted, s, &first, &e), &e);
		}
		assert_ok(replacement_look(&wanted, s, rows[i].given, &r, &e), &e);
		if (!text_eq(r.reason, rows[i].want))
			fail_msg("row %zu: %s", i, r.reason);
		assert_int_equal(r.begun, rows[i].before != NULL);
		assert_false(r.issued);
	}
}

static bool has_next(const struct store *s)
{
	AUTO(key) struct key *key = NULL;
	struct err e;

	assert_ok(store_next_key(s, "www", &key, &e), &e);
	return key;
}

static void begin(struct store *s, const char *reason)
{
	AUTO(replacement) struct replacement r = { 0 };
	struct err e;

	assert_ok(replacement_look(&wanted, s, reason, &r, &e), &e);
	assert_ok(replacement_begin(&wanted, s, &r, &e), &e);
}

static void what_lay_beside_a_stolen_key_is_thrown_away(void **state)
{
	AUTO(store) struct store *s = store_with_one(state);
	AUTO(bundle) struct bundle next = made_bundle();
	struct err e;

	assert_ok(store_next_key_save(s, "www", next.key, &e), &e);
	begin(s, "superseded");
	assert_true(has_next(s));
	begin(s, "keyCompromise");
	assert_false(has_next(s));
	/* the one that is made after that is nobody's */
	assert_ok(store_next_key_save(s, "www", next.key, &e), &e);
	begin(s, "keyCompromise");
	assert_true(has_next(s));
}

static void it_is_issued_when_the_store_has_another_key(void **state)
{
	AUTO(store) struct store *s = store_with_one(state);
	AUTO(bundle) struct bundle b = made_bundle();
	AUTO(replacement) struct replacement r = { 0 };
	struct err e;

	begin(s, NULL);
	assert_ok(store_write(s, "www", &b, 5, &e), &e);
	assert_ok(replacement_look(&wanted, s, NULL, &r, &e), &e);
	assert_true(r.begun && r.issued);
}

static void there_must_be_one(void **state)
{
	AUTO(replacement) struct replacement r = { 0 };
	struct err e;
	AUTO(store) struct store *s = store_open(*state, true, &e);

	assert_err(replacement_look(&wanted, s, NULL, &r, &e), &e, ERR_REFUSED,
		"not in the store: nothing to replace");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(the_reason_is_the_gravest),
		scratch_test(what_lay_beside_a_stolen_key_is_thrown_away),
		scratch_test(it_is_issued_when_the_store_has_another_key),
		scratch_test(there_must_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
