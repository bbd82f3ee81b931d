#include "base/alloc.h"
#include "base/child.h"
#include "check.h"

static void commands_are_split_as_a_shell_would(void **state)
{
	static const struct {
		const char *command;
		const char *words[6];
	} rows[] = { { "postfix reload", { "postfix", "reload" } },
		{ "  a\tb \n", { "a", "b" } }, { "a 'b c' d", { "a", "b c", "d" } },
		{ "a \"b c\" d", { "a", "b c", "d" } }, { "a''b\"\"c", { "abc" } },
		{ "'' x", { "", "x" } }, { "a\\ b c", { "a b", "c" } },
		{ "'it'\\''s'", { "it's" } }, { "\"a\\\"b\\\\c\\d\"", { "a\"b\\c\\d" } },
		{ "'a\\b'", { "a\\b" } }, { "\"it's\"", { "it's" } },
		{ "a;b | c && $d `e` #f", { "a;b", "|", "c", "&&", "$d", "`e`" } },
		{ "a b c d e", { "a", "b", "c", "d", "e" } } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char **argv = argv_split(rows[i].command);
		size_t n = 0;

		assert_non_null(argv);
		for (; n < 6 && rows[i].words[n]; n++)
			assert_string_equal(argv[n], rows[i].words[n]);
		if (n < 6)
			assert_null(argv[n]);
		free(argv);
	}
}

static void what_is_no_command_is_refused(void **state)
{
	static const char *const rows[] = { "", "   ", "\t\n", "'", "a 'b", "a \"b", "\"",
		"a\\", "\"a\\\"", "a \"b\\", "'a''", "\"a\" \"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (argv_split(rows[i]))
			fail_msg("taken: <%s>", rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_split_as_a_shell_would),
		cmocka_unit_test(what_is_no_command_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
