/* certpush_window, of a host or a group. */
#include "conf/inventory_check.h"

static const struct host *host_with(struct arena *a, const char *value)
{
	AUTO(str)
	char *text = xasprintf("g: {hosts: {h: {certpush: {inn: x}}}, vars: {night: "
			       "\"Sat 1:00-2:00\", certpush_window: %s}}\n",
		value);

	return host_ok(a, text, "h");
}

static void a_window_is_one_text_or_a_list(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct host *h;

	(void)state;
	assert_int_equal(host_with(a, "~")->n_windows, 0);
	assert_int_equal(host_with(a, "[]")->n_windows, 0);
	h = host_with(a, "\"Mon-Fri 02:00-05:00\"");
	assert_int_equal(h->n_windows, 1);
	assert_int_equal(h->windows[0].days, 0x3e);
	assert_int_equal(h->windows[0].from, 120);
	h = host_with(a, "[daily 22:00-23:00, \"{{ night }}\"]");
	assert_int_equal(h->n_windows, 2);
	assert_int_equal(h->windows[0].to, 23 * 60);
	assert_int_equal(h->windows[1].days, 0x40);
}

static void mistakes_have_their_place(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
		{ "\"Mon-Fri 02:00-25:00\"",
			"2:20: certpush_window: 'Mon-Fri 02:00-25:00': expected an hour, 0 to 23, at character 15" },
		{ "[daily 1:00-2:00, never]",
			"2:38: certpush_window: 'never': expected days: daily, Mon, Mon-Fri or Sat,Sun, at character 1" },
		{ "{Mon: 1}", "2:20: certpush_window: expected a text, found a mapping" },
		{ "[[x]]", "2:21: certpush_window: expected a text, found a list" },
		{ "yes",
			"2:20: certpush_window: expected a text, found the boolean 'yes': put it in quotes if it is meant as text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str)
		char *text = xasprintf("g: {hosts: {h: {certpush: {inn: x}}}, vars: {\n"
				       "  certpush_window: %s}}\n",
			rows[i].value);

		inventory_refused(text, rows[i].want);
	}
}

static void a_host_without_services_needs_none(void **state)
{
	AUTO(arena) struct arena *a = arena_new();

	(void)state;
	host_ok(a, "g: {hosts: {h: {certpush_window: never}}}\n", "h");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_is_one_text_or_a_list),
		cmocka_unit_test(mistakes_have_their_place),
		cmocka_unit_test(a_host_without_services_needs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
