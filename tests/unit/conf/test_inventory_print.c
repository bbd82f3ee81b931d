#include "conf/inventory_check.h"

static const struct inventory *load(struct arena *a, const char *path)
{
	struct errs all = { .n = 0 };
	const struct inventory *inv = inventory_load(a, path, &test_playbooks, &all);

	if (!inv)
		fail_msg("%s:%d: %s", all.list[0].pos.file, all.list[0].pos.line,
			all.list[0].msg);
	return inv;
}

static void same_as_file(const struct buf *got, const char *path)
{
	AUTO(buf) struct buf want = BUF_EMPTY;
	struct err e;

	assert_ok(fs_read(path, 1 << 20, &want, &e), &e);
	assert_string_equal(got->data, want.data);
}

/* fixtures/inventory/README.md says how what is wanted was made. */
static void output_is_that_of_ansible_inventory(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = load(a, FIXTURES "/inventory");
	AUTO(buf) struct buf list = BUF_EMPTY;
	AUTO(buf) struct buf graph = BUF_EMPTY;
	AUTO(buf) struct buf host = BUF_EMPTY;
	struct err e;

	(void)state;
	inventory_print_list(inv, &list);
	same_as_file(&list, FIXTURES "/inventory.list.json");
	inventory_print_graph(inv, &graph);
	same_as_file(&graph, FIXTURES "/inventory.graph.txt");
	assert_ok(inventory_print_host(inv, "web02.example.net", &host, &e), &e);
	same_as_file(&host, FIXTURES "/inventory.host.json");
}

static void nothing_prints_as_nothing(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a, "all: {hosts: {h: }}\n");
	AUTO(buf) struct buf out = BUF_EMPTY;
	struct err e;

	(void)state;
	assert_ok(inventory_print_host(inv, "h", &out, &e), &e);
	assert_string_equal(out.data, "{}\n");
	buf_reset(&out);
	inventory_print_list(inventory_ok(a, "all:\n"), &out);
	assert_string_equal(out.data,
		"{\n"
		"    \"_meta\": {\n"
		"        \"hostvars\": {}\n"
		"    },\n"
		"    \"all\": {\n"
		"        \"children\": [\n"
		"            \"ungrouped\"\n"
		"        ]\n"
		"    }\n"
		"}\n");
}

static void an_unknown_host_is_a_mistake(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a, "all: {hosts: {linode: }}\n");
	AUTO(buf) struct buf out = BUF_EMPTY;
	struct err e;

	(void)state;
	assert_err(inventory_print_host(inv, "linoed", &out, &e), &e, ERR_USAGE,
		"no host 'linoed' in the inventory (did you mean 'linode'?)");
	assert_err(
		inventory_print_host(inv, "all", &out, &e), &e, ERR_USAGE, "no host 'all'");
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_that_of_ansible_inventory),
		cmocka_unit_test(nothing_prints_as_nothing),
		cmocka_unit_test(an_unknown_host_is_a_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
