#include "base/alloc.h"
#include "base/text.h"
#include "check.h"
#include "dns/private/xml.h"

static bool parse(struct xml *x, const char *text)
{
	struct err e = { 0 };

	return xml_parse(x, text, strlen(text), &e);
}

static void elements_are_found_in_their_place(void **state)
{
	static const char text[] = "<?xml version=\"1.0\"?>\n"
				   "<r xmlns='https://x/' a=\"b>\"><i><n>one</n></i>\n"
				   "<i><n >two</n ><o/></i><n>three</n></r>\n";
	AUTO(xml) struct xml x = { 0 };
	size_t first;

	(void)state;
	assert_true(parse(&x, text));
	first = xml_child(&x, 0, "i");
	assert_int_equal(first, xml_first(&x, 0));
	assert_string_equal(xml_text(&x, first, "n"), "one");
	assert_string_equal(xml_text(&x, xml_after(&x, 0, first), "n"), "two");
	assert_int_equal(xml_child(&x, xml_after(&x, 0, first), "o"), xml_find(&x, "o"));
	assert_string_equal(xml_text(&x, 0, "n"), "three");
	assert_null(xml_text(&x, 0, "o")); /* it is deeper */
	assert_null(xml_text(&x, 0, "i")); /* it holds elements */
	assert_int_equal(xml_first(&x, xml_find(&x, "o")), 0);
	assert_int_equal(xml_find(&x, "nn"), 0);
}

static void what_is_no_plain_xml_is_refused(void **state)
{
	static const char *const rows[] = { "", " ", "x", "<", "<a", "<a>",
		"<a><b></a></b>", "<a></b>", "<a/><b/>", "<a/>x", "</a>", "<a></a",
		"<a b></a>", "<a b=c></a>", "<a b='></a>", "<a b='<'></a>", "<?xml ",
		"<?xml x<?>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
		"<!DOCTYPE a><a/>", "<a>&b;</a>", "<a>\xff</a>",
		"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a>"
		"</a></a></a></a></a></a></a></a></a></a>" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(xml) struct xml x = { 0 };

		if (parse(&x, rows[i]))
			fail_msg("taken: %s", rows[i]);
	}
}

static void it_is_bounded(void **state)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(xml) struct xml x = { 0 };
	struct err e;

	(void)state;
	buf_puts(&text, "<r>");
	for (int i = 0; i < 20000; i++)
		buf_puts(&text, "<a/>");
	buf_puts(&text, "</r>");
	assert_false(xml_parse(&x, text.data, text.len, &e));
	xml_clear(&x);
	assert_false(xml_parse(&x, "<a>\0</a>", 8, &e));
}

static void text_is_what_it_stands_for(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} rows[] = {
		{ "<r><a>&lt;&gt;&amp;&quot;&apos;</a></r>", "<>&\"'" },
		{ "<r><a>&#39;&#x27;&amp;lt;</a></r>", "''&lt;" },
		{ "<r><a>b<!-- c -->d<![CDATA[<e>]]></a></r>", "bd<e>" },
		{ "<r><a/></r>", "" },
		{ "<r><a></a></r>", "" },
		{ "<r><a>&</a></r>", NULL },
		{ "<r><a>&;</a></r>", NULL },
		{ "<r><a>&amp</a></r>", NULL },
		{ "<r><a>&nbsp;</a></r>", NULL },
		{ "<r><a>&#0;</a></r>", NULL },
		{ "<r><a>&#-1;</a></r>", NULL },
		{ "<r><a>&#9999999999;</a></r>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(xml) struct xml x = { 0 };

		if (parse(&x, rows[i].text) != !!rows[i].want)
			fail_msg("%s", rows[i].text);
		if (rows[i].want)
			assert_string_equal(xml_text(&x, 0, "a"), rows[i].want);
	}
}

static void text_is_escaped(void **state)
{
	AUTO(buf) struct buf out = BUF_EMPTY;

	(void)state;
	xml_escape(&out, "\"a\" <&> '");
	assert_string_equal(out.data, "\"a\" &lt;&amp;&gt; '");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_found_in_their_place),
		cmocka_unit_test(what_is_no_plain_xml_is_refused),
		cmocka_unit_test(it_is_bounded),
		cmocka_unit_test(text_is_what_it_stands_for),
		cmocka_unit_test(text_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
