/* What --diff shows of a file. */
#include "base/text.h"
#include "check.h"
#include "made_cert.h"
#include "plan/plan.h"

#define DAYS *MADE_DAY

enum { OLD, NEW, ROOT, ODD, N_MADE };

struct world {
	struct made made[N_MADE];
	struct bundle bundle;
	struct file file;
	struct seen_file seen;
	struct target target;
	struct buf text;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct made *m = w->made;

	m[ROOT] = made_cert(
		&(struct made_wish){ "Root", NULL, -9 DAYS, 999 DAYS, NULL }, NULL);
	m[OLD] = made_cert(&(struct made_wish){ "www", "DNS:a.net,DNS:b.net", -80 DAYS,
				   10 DAYS, NULL },
		&m[ROOT]);
	m[NEW] = made_cert(
		&(struct made_wish){ "www", "DNS:a.net,DNS:c.net", -1 DAYS, 89 DAYS, NULL },
		&m[ROOT]);
	m[ODD] = made_cert(&(struct made_wish){ "a\n+owner  root", "DNS:a.net", -1 DAYS,
				   89 DAYS, NULL },
		NULL);
	w->bundle = (struct bundle)BUNDLE_EMPTY;
	w->bundle.chain = MADE_CHAIN(&m[NEW], &m[ROOT]);
	w->bundle.key = made_key(&m[NEW]);
	buf_puts(&w->bundle.privkey_pem, "SECRET");
	w->file = (struct file){ .part = PART_FULLCHAIN,
		.path = "/a/full.pem",
		.owner = "root",
		.group = NULL,
		.mode = 0644,
		.certificate = "www" };
	w->seen = (struct seen_file){ SEEN_FILE, { { 0 } }, 0644, "root", "root", "0", "0",
		false, { 0 } };
	w->target = (struct target){
		.file = &w->file, .bundle = &w->bundle, .seen = &w->seen, .send = true
	};
	buf_init(&w->text);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < N_MADE; i++)
		made_clear(&w->made[i]);
	bundle_clear(&w->bundle);
	seen_clear(&w->seen, 1);
	buf_clear(&w->text);
	free(w);
	return 0;
}

static void diff(struct world *w)
{
	buf_reset(&w->text);
	plan_diff(&w->text, &w->target);
}

/* How many lines begin so. */
static size_t lines(const struct world *w, const char *beginning)
{
	size_t n = text_starts(w->text.data, beginning);

	for (const char *at = w->text.data; (at = strchr(at, '\n'));
		n += text_starts(at, beginning))
		at++;
	return n;
}

#define HAS(w, line)                                                                       \
	do {                                                                               \
		if (lines(w, line) != 1)                                                   \
			fail_msg("not once '%s' in\n%s", line, (w)->text.data);            \
	} while (0)

static void a_certificate_is_told_property_by_property(void **state)
{
	struct world *w = *state;

	w->seen.held = MADE_CHAIN(&w->made[OLD], &w->made[ROOT]);
	diff(w);
	assert_true(text_starts(w->text.data,
		"--- before: /a/full.pem\n+++ after: /a/full.pem\n subject       www\n"));
	HAS(w, "-names         a.net b.net\n");
	HAS(w, "+names         a.net c.net\n");
	HAS(w, " issuer        Root\n");
	HAS(w, "-serial        ");
	HAS(w, "+serial        ");
	HAS(w, "-notBefore     ");
	HAS(w, "+notAfter      ");
	HAS(w, "-SHA-256       ");
	HAS(w, "+SHA-256       ");
	HAS(w, " certificates  2\n");
	HAS(w, " certificate 2  Root, notAfter=");
	assert_int_equal(lines(w, "+owner") + lines(w, "-mode"), 0);
}

static void another_chain_shows_in_its_own_lines(void **state)
{
	struct world *w = *state;

	w->seen.held = MADE_CHAIN(&w->made[NEW]);
	diff(w);
	HAS(w, " SHA-256       ");
	HAS(w, "-certificates  1\n");
	HAS(w, "+certificates  2\n");
	HAS(w, "+certificate 2  Root, notAfter=");
	w->file.part = PART_CERT;
	diff(w);
	HAS(w, " certificates  1\n");
	w->file.part = PART_CHAIN;
	diff(w);
	HAS(w, "-subject       www\n");
	HAS(w, "+subject       Root\n");
}

static void a_missing_file_is_all_new(void **state)
{
	struct world *w = *state;

	w->seen = (struct seen_file){ .state = SEEN_MISSING };
	diff(w);
	HAS(w, "+subject       www\n");
	HAS(w, "+owner         root\n");
	HAS(w, "+mode          0644\n");
	assert_int_equal(lines(w, "-"), 1);
	assert_int_equal(lines(w, " "), 0);
	assert_int_equal(lines(w, "+group"), 0);
}

static void what_drifts_is_told_and_no_more(void **state)
{
	struct world *w = *state;

	w->target.send = false;
	w->seen.mode = 0600;
	strcpy(w->seen.owner, "news");
	diff(w);
	assert_string_equal(w->text.data,
		"--- before: /a/full.pem\n+++ after: /a/full.pem\n"
		"-owner         news\n+owner         root\n"
		"-mode          0600\n+mode          0644\n");
}

static void of_a_key_only_its_kind_and_public_part(void **state)
{
	struct world *w = *state;

	w->file = (struct file){ .part = PART_PRIVKEY,
		.path = "/a/key.pem",
		.owner = NULL,
		.group = NULL,
		.mode = 0644,
		.certificate = "www" };
	diff(w);
	HAS(w, "-private key   another one\n");
	HAS(w, "+private key   p256\n");
	HAS(w, "+public key    ");
	assert_null(strstr(w->text.data, "SECRET"));
	w->seen = (struct seen_file){ .state = SEEN_MISSING };
	diff(w);
	assert_int_equal(lines(w, "-private"), 0);
}

static void strange_content_makes_no_lines_of_its_own(void **state)
{
	struct world *w = *state;

	diff(w);
	HAS(w, "-content       no certificate\n");
	w->seen.held = MADE_CHAIN(&w->made[ODD]);
	diff(w);
	HAS(w, "-subject       a +owner  root\n");
	assert_int_equal(lines(w, "+owner"), 0);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_certificate_is_told_property_by_property),
		world_test(another_chain_shows_in_its_own_lines),
		world_test(a_missing_file_is_all_new),
		world_test(what_drifts_is_told_and_no_more),
		world_test(of_a_key_only_its_kind_and_public_part),
		world_test(strange_content_makes_no_lines_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
