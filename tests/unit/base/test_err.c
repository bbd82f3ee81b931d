#include "base/err.h"
#include "check.h"

#include <errno.h>

static void a_message_is_wrapped_from_the_inside_out(void **state)
{
	struct pos pos = { "hosts.yml", 4, 11 };
	struct err e;

	(void)state;
	errno = EACCES;
	assert_false(err_sys(&e, "put %s", "/etc/x"));
	assert_false(err_wrap(&e, "web%d", 1));
	assert_int_equal(e.kind, ERR_IO);
	assert_int_equal(e.pos.line, 0);
	assert_string_equal(e.msg, "web1: put /etc/x: Permission denied");
	assert_false(err_at(&e, pos, "port: not a port: '%s'", "70000"));
	assert_false(err_wrap(&e, "linode"));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_int_equal(e.pos.col, 11);
	assert_string_equal(e.msg, "linode: port: not a port: '70000'");
	assert_false(err_set(&e, ERR_NET, "again: %s", e.msg));
	assert_string_equal(e.msg, "again: linode: port: not a port: '70000'");
	assert_int_equal(e.pos.line, 0);
}

static void a_message_too_long_is_cut_and_stays_text(void **state)
{
	char text[1000] = "";
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof text - 3; i += 2)
		memcpy(text + i, "\xc3\xbc", 3);
	err_set(&e, ERR_NET, "x%s", text);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	err_set(&e, ERR_NET, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	assert_int_equal(e.msg[sizeof e.msg - 2], '?');
	err_wrap(&e, "%s", text);
	errno = EIO;
	err_sys(&e, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
}

static void a_message_is_one_tame_line(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_PROTOCOL, "said '%s'", "220 x\r\n\x1b]0;pwned\x07");
	assert_string_equal(e.msg, "said '220 x   ]0;pwned '");
}

static void errors_beyond_twenty_are_counted(void **state)
{
	static struct errs all;

	(void)state;
	for (int i = 0; i < 25; i++)
		err_set(errs_next(&all), ERR_CONFIG, "error %d", i);
	assert_int_equal(all.n, 20);
	assert_int_equal(all.dropped, 5);
	assert_string_equal(all.list[0].msg, "error 0");
	assert_string_equal(all.list[18].msg, "error 18");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_wrapped_from_the_inside_out),
		cmocka_unit_test(a_message_too_long_is_cut_and_stays_text),
		cmocka_unit_test(a_message_is_one_tame_line),
		cmocka_unit_test(errors_beyond_twenty_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
