#include "check.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/yaml.h"

static const struct node *load(struct arena *a, const char *text, struct err *e)
{
	return yaml_load(a, text, strlen(text), "f.yml", e);
}

/* "type:text", or as a flow of YAML for collections. */
static void show(struct buf *b, const struct node *n)
{
	static const char *const letters[] = { "null", "bool", "int", "float", "str" };

	if (n->tag)
		buf_printf(b, "%s ", n->tag);
	if (n->type == NODE_SEQUENCE || n->type == NODE_MAPPING) {
		buf_putc(b, n->type == NODE_SEQUENCE ? '[' : '{');
		for (size_t i = 0; i < n->n; i++) {
			if (i)
				buf_putc(b, ' ');
			if (n->type == NODE_MAPPING)
				buf_printf(b, "%s=", n->pairs[i].key->text);
			show(b, n->type == NODE_MAPPING ? n->pairs[i].value : n->items[i]);
		}
		buf_putc(b, n->type == NODE_SEQUENCE ? ']' : '}');
		return;
	}
	buf_printf(b, "%s:%s", letters[n->type], n->text);
	if ((n->type == NODE_INT || n->type == NODE_BOOL))
		buf_printf(b, "=%lld", (long long)n->number);
}

static void documents_become_trees(void **state)
{
	static const struct {
		const char *text, *tree;
	} rows[] = {
		{ "", "null:" },
		{ "# only a comment\n", "null:" },
		{ "---\n", "null:" },
		{ "\xef\xbb\xbf"
		  "a: b",
			"{a=str:b}" },
		{ "a: 1\r\nb: two\r\n", "{a=int:1=1 b=str:two}" },
		{ "a: [x, \"1\", '~']", "{a=[str:x str:1 str:~]}" },
		{ "{\"all\": {\"hosts\": {\"h\": null}, \"port\": 22, \"x\": true}}",
			"{all={hosts={h=null:null} port=int:22=22 x=bool:true=1}}" },
		{ "{\n\t\"json\": [\n\t\t1\n\t]\n}\n", "{json=[int:1=1]}" },
		{ "a: &x {k: v}\nb: *x", "{a={k=str:v} b={k=str:v}}" },
		{ "a: &x 1\nb: *x\nc: &x 2\nd: *x",
			"{a=int:1=1 b=int:1=1 c=int:2=2 d=int:2=2}" },
		{ "s: !vault |\n  $ANSIBLE_VAULT\n", "{s=!vault str:$ANSIBLE_VAULT\n}" },
		{ "s: !unsafe '{{ x'", "{s=!unsafe str:{{ x}" },
		{ "s: !vault 12", "{s=!vault str:12}" },
		{ "a: !!str 12\nb: !!int '12'\nc: ! 12",
			"{a=str:12 b=int:12=12 c=str:12}" },
		{ "a: !!binary aGk=", "{a=!!binary str:aGk=}" },
		{ "a: |\n  x\n  \ty\n", "{a=str:x\n\ty\n}" },
		{ "a: one\n  two", "{a=str:one two}" },
		/* merge keys: the mapping's own win, then the first of the list */
		{ "b: &b {x: 1, y: 1}\nc:\n  <<: *b\n  y: 2",
			"{b={x=int:1=1 y=int:1=1} c={x=int:1=1 y=int:2=2}}" },
		{ "c:\n  y: 2\n  <<: [{x: 1, y: 1}, {x: 3, z: 3}]",
			"{c={x=int:1=1 z=int:3=3 y=int:2=2}}" },
		{ "{<<: {}, a: 1}", "{a=int:1=1}" },
		{ "{'<<': 1}", "{<<=int:1=1}" },
		{ "a: 1\n...\n", "{a=int:1=1}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(buf) struct buf b = BUF_EMPTY;
		struct err e = { 0 };
		const struct node *root = load(a, rows[i].text, &e);

		if (!root)
			fail_msg("%s: %s", rows[i].text, e.msg);
		show(&b, root);
		assert_string_equal(b.data, rows[i].tree);
	}
}

static void plain_scalars_are_typed_as_yaml_1_1(void **state)
{
	static const struct {
		const char *text;
		enum node_type type;
		int64_t number;
	} rows[] = {
		{ "~", NODE_NULL, 0 },
		{ "null", NODE_NULL, 0 },
		{ "nuLL", NODE_STRING, 0 },
		{ "yes", NODE_BOOL, 1 },
		{ "Off", NODE_BOOL, 0 },
		{ "y", NODE_STRING, 0 },
		{ "oN", NODE_STRING, 0 },
		{ "0", NODE_INT, 0 },
		{ "8080", NODE_INT, 8080 },
		{ "-12", NODE_INT, -12 },
		{ "+1_000", NODE_INT, 1000 },
		{ "0600", NODE_INT, 0600 },
		{ "0o600", NODE_STRING, 0 },
		{ "0x1F", NODE_INT, 31 },
		{ "0b101", NODE_INT, 5 },
		{ "08", NODE_STRING, 0 },
		{ "22:30", NODE_INT, 1350 },
		{ "22:60", NODE_STRING, 0 },
		{ "22:6x", NODE_STRING, 0 },
		{ "22:", NODE_STRING, 0 },
		{ "1:2:3", NODE_INT, 3723 },
		{ "99999999999999999999", NODE_INT, INT64_MAX },
		{ "-99999999999999999999", NODE_INT, -INT64_MAX },
		{ "1.5", NODE_FLOAT, 0 },
		{ "1.", NODE_FLOAT, 0 },
		{ ".5", NODE_FLOAT, 0 },
		{ ".", NODE_STRING, 0 },
		{ "1e5", NODE_STRING, 0 },
		{ "1.0e+5", NODE_FLOAT, 0 },
		{ "1.0e5", NODE_STRING, 0 },
		{ "-.inf", NODE_FLOAT, 0 },
		{ ".NaN", NODE_FLOAT, 0 },
		{ "192.0.2.1", NODE_STRING, 0 },
		{ "-", NODE_STRING, 0 },
		{ "_1", NODE_STRING, 0 },
		{ "0x", NODE_STRING, 0 },
		{ "p256", NODE_STRING, 0 },
	};
	AUTO(arena) struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct node *n =
			node_scalar(a, rows[i].text, true, (struct pos){ 0 });

		if (n->type != rows[i].type || n->number != rows[i].number)
			fail_msg("%s: type %d, number %lld", rows[i].text, n->type,
				(long long)n->number);
	}
	assert_int_equal(
		node_scalar(a, "8080", false, (struct pos){ 0 })->type, NODE_STRING);
}

struct bad {
	const char *text;
	int line, col;
	const char *told;
};

static void assert_bad(struct bad row)
{
	AUTO(arena) struct arena *a = arena_new();
	struct err e = { 0 };

	if (load(a, row.text, &e))
		fail_msg("taken: %s", row.text);
	if (e.kind != ERR_CONFIG || e.pos.line != row.line || e.pos.col != row.col ||
		!strstr(e.msg, row.told))
		fail_msg("%s\n-> %d:%d: %s", row.text, e.pos.line, e.pos.col, e.msg);
	assert_string_equal(e.pos.file, "f.yml");
	assert_null(strchr(e.msg, '\n'));
}

static void errors_have_a_place_and_words_for_people(void **state)
{
	static const struct bad rows[] = {
		/* tabs */
		{ "a:\n\tb: 1\n", 2, 1, "a tab at the beginning of the line" },
		{ "a:\n  b: 1\n  \tc: 2\n", 3, 3, "a tab at the beginning" },
		{ "a:\n  - x\n\t- y\n", 3, 1, "a tab at the beginning" },
		{ "- a\n\t- b\n", 2, 1, "a tab at the beginning" },
		{ "a: 1\n\tb: 2\n", 2, 1, "a tab at the beginning" },
		{ "a: \"x\"\n\tb: 2\n", 2, 1, "a tab at the beginning" },
		{ "a: one\n  two\nb: x\n\ty\n", 4, 1, "a tab at the beginning" },
		{ "a: |\n\tx\n", 2, 1, "a tab at the beginning" },
		{ "-\tb: 1\n-\tc: 1", 1, 2, "a tab: YAML wants spaces here" },
		/* syntax */
		{ "a: b: c", 1, 5, "a ':' can't stand here" },
		{ "a: 1\n b: 2", 2, 3, "a ':' can't stand here" },
		{ "a:\n  x: 1\n y: 2", 3, 2, "a key indented like those above" },
		{ "a: [1, 2\nb: 3", 2, 2,
			"expected ',' or ']' in the list that begins in line 1" },
		{ "a: {x: 1\n", 2, 1,
			"expected ',' or '}' in the mapping that begins in line 1" },
		{ "a: 'x\nb: 1", 1, 4, "a quote that is never closed" },
		{ "a: \"\\d\"", 1, 5, "unknown escape" },
		{ "a: @x", 1, 4, "put the text in quotes" },
		{ "a: *", 1, 5, "after '&' or '*'" },
		{ "*.example.net: 1", 1, 2, "a text that begins so wants quotes" },
		{ "a: 1\nword\nb: 2", 2, 1, "no ':' after this" },
		{ "- a\nb: 1", 2, 1, "expected '- '" },
		{ "a: !x!y z", 1, 4, "isn't defined" },
		{ "a: }", 1, 4, "expected a value" },
		{ "%YAML 1.1\na: 1", 2, 1, "expected the document" },
		{ "a: {{ x }}", 1, 5,
			"a mapping as a key: only a word or a text can be one (put {{ … }} in quotes)" },
		{ "? [a]\n: 1", 1, 3, "a list as a key" },
		{ "!vault x: 1", 1, 1, "a key with the tag !vault" },
		/* duplicates */
		{ "store: a\nx: 1\nstore: b", 3, 1,
			"'store' is here a second time: the first is in line 1, column 1" },
		{ "a:\n  b: 1\n  'b': 2", 3, 3, "the first is in line 2, column 3" },
		{ "{1: a, '1': b}", 1, 8, "a second time" },
		{ "<<: {a: 1}\n<<: {b: 1}", 2, 1, "a second '<<'" },
		{ "<<: x", 1, 5,
			"<<: expected a mapping or a list of mappings, found 'x'" },
		{ "<<: [[]]", 1, 6, "<<: expected a mapping, found a list" },
		{ "a: 1\n---\nb: 1", 2, 1, "a second document" },
		/* aliases */
		{ "a: *b", 1, 4, "there is no anchor '&b'" },
		{ "a: &b [*b]", 1, 8, "stands inside of its own anchor" },
		{ "a: &b\n  <<: *b", 2, 7, "stands inside of its own anchor" },
		/* bytes */
		{ "a: 1\nb: \xe4\n", 2, 4, "not UTF-8 (byte 0xe4)" },
		{ "a: \xc0\x80", 1, 4, "not UTF-8" },
		{ "a: \xed\xa0\x80", 1, 4, "not UTF-8" },
		{ "a: \xf5\x80\x80\x80", 1, 4, "not UTF-8" },
		{ "\xc3\xa4: \xc3", 1, 4, "not UTF-8" },
		{ "\xff\xfe"
		  "a",
			1, 1, "not UTF-8" },
		{ "a: \x1b[31m", 1, 4, "control character 0x1b" },
		{ "a: \"x\\0y\"", 1, 4, "a NUL character" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_bad(rows[i]);
}

static void nul_bytes_are_no_text(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct err e = { 0 };

	(void)state;
	assert_err(yaml_load(a, "a: \0b", 5, "f.yml", &e), &e, ERR_CONFIG, "a NUL byte");
	assert_int_equal(e.pos.col, 4);
}

static void every_node_knows_its_place(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct err e = { 0 };
	const struct node *root = load(a, "\xc3\xa4: 1\nb:\n  - x\n  - {y: z}\n", &e);
	const struct node *list, *map;

	(void)state;
	assert_non_null(root);
	list = node_at(root, "b");
	map = list->items[1];
	assert_int_equal(root->pairs[1].key->pos.line, 2);
	assert_int_equal(root->pairs[0].value->pos.col, 4);
	assert_int_equal(list->items[0]->pos.line, 3);
	assert_int_equal(list->items[0]->pos.col, 5);
	assert_int_equal(map->pairs[0].key->pos.col, 6);
	assert_int_equal(map->pairs[0].value->pos.col, 9);
	assert_null(node_at(root, "c"));
	assert_null(node_at(list, "c"));
}

static void repeat(struct buf *b, const char *s, int n)
{
	while (n-- > 0)
		buf_puts(b, s);
}

static void what_aliases_multiply_is_bounded(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e = { 0 };

	(void)state;
	buf_puts(&b, "l0: &l0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++)
		buf_printf(&b, "l%d: &l%d [*l%d,*l%d,*l%d,*l%d,*l%d,*l%d,*l%d,*l%d,*l%d]\n",
			i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
			i - 1);
	assert_err(load(a, b.data, &e), &e, ERR_CONFIG, "more than 200000 values");
	assert_in_range(e.pos.line, 2, 9);
}

static void depth_is_bounded(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e = { 0 };

	(void)state;
	repeat(&b, "[", YAML_MAX_DEPTH);
	repeat(&b, "]", YAML_MAX_DEPTH);
	assert_ok(load(a, b.data, &e), &e);
	buf_reset(&b);
	repeat(&b, "[", YAML_MAX_DEPTH + 1);
	assert_err(load(a, b.data, &e), &e, ERR_CONFIG, "nested more than 64 levels");

	/* by aliases: a chain, each level one deeper than the last */
	buf_reset(&b);
	buf_puts(&b, "a0: &a0 [x]\n");
	for (int i = 1; i < YAML_MAX_DEPTH + 2; i++)
		buf_printf(&b, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_err(load(a, b.data, &e), &e, ERR_CONFIG, "nested more than 64 levels");
	assert_in_range(e.pos.line, 60, 66);
}

static void large_files_are_refused_with_a_place(void **state)
{
	const char *dir = *state;
	AUTO(str) char *path = fs_join(dir, "big.yml");
	AUTO(arena) struct arena *a = arena_new();
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e = { 0 };

	buf_puts(&b, "- &a [");
	repeat(&b, "x,", 998);
	buf_puts(&b, "x]\n");
	repeat(&b, "- *a\n", 198);
	buf_puts(&b, "- [");
	repeat(&b, "x,", 997);
	buf_puts(&b, "x]\n"); /* with the root 200 * 1000: all there may be */
	assert_ok(load(a, b.data, &e), &e);
	buf_puts(&b, "- x\n");
	assert_err(load(a, b.data, &e), &e, ERR_CONFIG, "more than 200000 values");
	assert_int_equal(e.pos.line, 201);
	assert_ok(fs_write(path, "a: 1", 4, 0600, &e), &e);
	assert_int_equal(truncate(path, YAML_MAX_BYTES + 1), 0);
	assert_err(yaml_load_file(a, path, &e), &e, ERR_CONFIG, "larger than 10 MiB");
	assert_string_equal(e.pos.file, path);
	assert_int_equal(e.pos.line, 1);
	assert_err(yaml_load(a, b.data, YAML_MAX_BYTES + 1, "m", &e), &e, ERR_CONFIG,
		"larger than 10 MiB");
}

static void files_that_cannot_be_read_are_named(void **state)
{
	const char *dir = *state;
	AUTO(str) char *path = fs_join(dir, "none.yml");
	AUTO(arena) struct arena *a = arena_new();
	struct err e = { 0 };

	assert_err(yaml_load_file(a, path, &e), &e, ERR_IO, "none.yml");
	assert_err(yaml_load_file(a, dir, &e), &e, ERR_IO, "is a directory");
}

static const struct node *one(struct arena *a, const char *text)
{
	struct err e = { 0 };
	const struct node *n = load(a, text, &e);

	if (!n)
		fail_msg("%s: %s", text, e.msg);
	return n;
}

static void looks_say_what_was_expected_and_what_was_found(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct err e = { 0 };
	const char *s;
	bool yes;
	int i;

	(void)state;
	assert_err(node_port(one(a, "seventy"), "port", &i, &e), &e, ERR_CONFIG,
		"port: expected a port (1-65535), found 'seventy'");
	assert_err(node_port(one(a, "70000"), "port", &i, &e), &e, ERR_CONFIG,
		"found '70000'");
	assert_err(node_port(one(a, "0"), "port", &i, &e), &e, ERR_CONFIG, "found '0'");
	assert_err(node_port(one(a, "99999999999999999999"), "port", &i, &e), &e,
		ERR_CONFIG, "port");
	assert_err(node_port(one(a, "~"), "port", &i, &e), &e, ERR_CONFIG, "found nothing");
	assert_err(node_port(one(a, "yes"), "port", &i, &e), &e, ERR_CONFIG,
		"found the boolean 'yes'");
	assert_err(node_port(one(a, "!vault 22"), "port", &i, &e), &e, ERR_CONFIG,
		"the tag !vault: certpush can't open Ansible's vault");
	assert_err(node_string(one(a, "[x]"), "key", &s, &e), &e, ERR_CONFIG,
		"key: expected a text, found a list");
	assert_err(node_string(one(a, "{x: y}"), "key", &s, &e), &e, ERR_CONFIG,
		"found a mapping");
	assert_err(node_string(one(a, "no"), "key", &s, &e), &e, ERR_CONFIG,
		"put it in quotes");
	assert_err(node_string(one(a, "!vault x"), "key", &s, &e), &e, ERR_CONFIG, "vault");
	assert_err(
		node_string(one(a, "~"), "key", &s, &e), &e, ERR_CONFIG, "found nothing");
	assert_err(node_bool(one(a, "maybe"), "x", &yes, &e), &e, ERR_CONFIG,
		"expected yes or no, found 'maybe'");
	assert_err(node_bool(one(a, "[]"), "x", &yes, &e), &e, ERR_CONFIG, "found a list");
	assert_err(node_bool(one(a, "~"), "x", &yes, &e), &e, ERR_CONFIG, "found nothing");
	assert_err(node_seconds(one(a, "soon"), "wait", &i, &e), &e, ERR_CONFIG,
		"expected a duration (90, 90s, 2m, 1h), found 'soon'");
	assert_err(node_seconds(one(a, "-1"), "wait", &i, &e), &e, ERR_CONFIG, "duration");
	assert_err(
		node_seconds(one(a, "9999d"), "wait", &i, &e), &e, ERR_CONFIG, "duration");
	assert_err(node_is_mapping(one(a, "[]"), "x", "a mapping of y", &e), &e, ERR_CONFIG,
		"x: expected a mapping of y, found a list");
	assert_err(node_is_sequence(one(a, "{}"), "x", "a list", &e), &e, ERR_CONFIG,
		"found a mapping");

	assert_ok(node_port(one(a, "\"22\""), "port", &i, &e), &e);
	assert_int_equal(i, 22);
	assert_ok(node_bool(one(a, "'Yes'"), "x", &yes, &e), &e);
	assert_true(yes);
	assert_ok(node_bool(one(a, "0"), "x", &yes, &e), &e);
	assert_false(yes);
	assert_ok(node_seconds(one(a, "2m"), "wait", &i, &e), &e);
	assert_int_equal(i, 120);
	assert_ok(node_string(one(a, "0755"), "x", &s, &e), &e);
	assert_string_equal(s, "0755");
}

static void long_texts_are_cut_at_a_character(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct found f;

	(void)state;
	buf_putc(&b, 'x');
	repeat(&b, "\xc3\xa4", 100);
	f = node_found(node_scalar(a, b.data, false, (struct pos){ 0 }));
	assert_true(text_ends(f.s, "\xc3\xa4…'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_become_trees),
		cmocka_unit_test(plain_scalars_are_typed_as_yaml_1_1),
		cmocka_unit_test(errors_have_a_place_and_words_for_people),
		cmocka_unit_test(nul_bytes_are_no_text),
		cmocka_unit_test(every_node_knows_its_place),
		cmocka_unit_test(what_aliases_multiply_is_bounded),
		cmocka_unit_test(depth_is_bounded),
		scratch_test(large_files_are_refused_with_a_place),
		scratch_test(files_that_cannot_be_read_are_named),
		cmocka_unit_test(looks_say_what_was_expected_and_what_was_found),
		cmocka_unit_test(long_texts_are_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
