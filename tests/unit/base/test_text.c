#include "base/macros.h"
#include "base/text.h"
#include "check.h"

static void beginnings_and_ends_are_compared(void **state)
{
	(void)state;
	assert_true(text_eq("a", "a"));
	assert_true(text_eq(NULL, NULL));
	assert_false(text_eq("a", NULL));
	assert_false(text_eq(NULL, "a"));
	assert_false(text_eq("a", "A"));
	assert_true(text_starts("hook: x", "hook:"));
	assert_true(text_starts("x", ""));
	assert_false(text_starts("hoo", "hook"));
	assert_true(text_ends("hosts.yml", ".yml"));
	assert_true(text_ends(".yml", ".yml"));
	assert_false(text_ends("yml", ".yml"));
	assert_false(text_ends("hosts.yml~", ".yml"));
}

static void only_ascii_is_lowered(void **state)
{
	char s[] = "WWW.Example.NET\xc3\x84@[`{";

	(void)state;
	text_lower(s);
	assert_string_equal(s, "www.example.net\xc3\x84@[`{");
}

static void what_a_stranger_wrote_cannot_steer_a_terminal(void **state)
{
	static const char *const rows[][2] = { { "plain", "plain" },
		{ "a\nb\tc\r", "a b c " }, { "\x1b[31mred\x1b[0m", " [31mred [0m" },
		{ "\x7f", " " },
		{ "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x94\x92",
			"M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x94\x92" },
		{ "\xc2\x9b"
		  "31m",
			"  31m" }, /* U+009B, CSI */
		{ "\x9b"
		  "31m",
			"?31m" },               /* the same as one byte */
		{ "\xc0\xaf", "??" },           /* overlong */
		{ "\xe0\x80\x9b", "???" },      /* overlong */
		{ "\xed\xa0\x80", "???" },      /* a surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* past U+10FFFF */
		{ "\xff\xfe", "??" }, { "end\xe2\x82", "end??" }, { "end\xc3", "end?" },
		{ "\xf0\x9f\x94x", "???x" }, { "", "" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char s[64];

		snprintf(s, sizeof s, "%s", rows[i][0]);
		text_tame(s);
		assert_string_equal(s, rows[i][1]);
	}
}

static void the_nearest_word_is_suggested_or_none(void **state)
{
	static const char *const words[] = { "certificate", "port", "protocol", "reload",
		"restart", "owner", "mode", "ca", NULL };
	static const struct {
		const char *word, *want;
	} rows[] = { { "certifcate", "certificate" }, { "certificates", "certificate" },
		{ "ownre", "owner" }, { "prot", "port" }, { "Port", "port" },
		{ "relaod", "reload" }, { "modes", "mode" }, { "xyz", NULL }, { "x", NULL },
		{ "", NULL }, { "zz", NULL }, { "completely", NULL },
		{ "a-word-that-is-longer-than-any-key-of-a-configuration-file-can-be",
			NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = text_nearest(rows[i].word, words);

		if (!text_eq(got, rows[i].want))
			fail_msg("%s: %s", rows[i].word, got ? got : "none");
	}
}

static void globs_match_the_whole_as_python_has_it(void **state)
{
	static const struct {
		const char *pattern, *s;
		bool match;
	} rows[] = { { "web*", "web1", true }, { "*", "", true }, { "*", "a/b", true },
		{ "web?", "web1", true }, { "web[12]", "web2", true },
		{ "web[!12]", "web3", true }, { "*.example.net", "www.example.net", true },
		{ "*", ".hidden", true }, { "web?", "web", false },
		{ "web", "web1", false }, { "web[12]", "web3", false },
		{ "Web*", "web1", false }, { "a\\*", "a*", false }, { "", "x", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (text_glob(rows[i].pattern, rows[i].s) != rows[i].match)
			fail_msg("%s %s", rows[i].pattern, rows[i].s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginnings_and_ends_are_compared),
		cmocka_unit_test(only_ascii_is_lowered),
		cmocka_unit_test(what_a_stranger_wrote_cannot_steer_a_terminal),
		cmocka_unit_test(the_nearest_word_is_suggested_or_none),
		cmocka_unit_test(globs_match_the_whole_as_python_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
