#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "check.h"

static void a_buf_always_ends_in_a_nul(void **state)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	(void)state;
	assert_string_equal(b.data, "");
	buf_add(&b, "", 0);
	buf_reset(&b);
	assert_string_equal(b.data, "");
	for (int i = 0; i < 1000; i++) {
		buf_putc(&b, 'x');
		assert_int_equal(b.data[b.len], '\0');
	}
	buf_printf(&b, "-%d-%s", 7, "y");
	assert_string_equal(b.data + 1000, "-7-y");
	buf_truncate(&b, 3);
	assert_string_equal(b.data, "xxx");
	buf_truncate(&b, 10);
	assert_int_equal(b.len, 3);
}

static void what_a_buf_lets_go_of_is_wiped(void **state)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	(void)state;
	buf_puts(&b, "private key");
	buf_truncate(&b, 2);
	for (size_t i = 2; i < 11; i++)
		assert_int_equal(b.data[i], 0);
}

static void bytes_may_hold_nuls(void **state)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	(void)state;
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
}

static void taking_a_buf_leaves_it_empty(void **state)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	AUTO(str) char *none = buf_take(&b);
	AUTO(str) char *text = NULL;

	(void)state;
	buf_puts(&b, "text");
	text = buf_take(&b);
	assert_string_equal(none, "");
	assert_string_equal(text, "text");
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
}

static void a_shell_word_is_one_word(void **state)
{
	static const char *const rows[][2] = { { "plain", "'plain'" }, { "", "''" },
		{ "it's", "'it'\\''s'" }, { "a b;$(c)`d`\\", "'a b;$(c)`d`\\'" },
		{ "'", "''\\'''" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf b = BUF_EMPTY;

		buf_shell_word(&b, rows[i][0]);
		assert_string_equal(b.data, rows[i][1]);
	}
}

static void an_array_grows_one_by_one(void **state)
{
	int *all = NULL;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		GROW(all, n);
		all[n++] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(all[i], i);
	free(all);
}

static void an_arena_gives_zeroed_aligned_memory_of_any_size(void **state)
{
	static const size_t sizes[] = { 1, 0, 7, 16384, 3, 100000, 16383, 8, 1 };
	AUTO(arena) struct arena *a = arena_new();

	(void)state;
	for (size_t round = 0; round < 10; round++)
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			char *p = arena_calloc(a, sizes[i], 1);

			assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(p[k], 0);
			memset(p, 'x', sizes[i]);
		}
}

static void an_arena_keeps_texts_and_arrays(void **state)
{
	static const int numbers[] = { 1, 2, 3 };
	AUTO(arena) struct arena *a = arena_new();
	const char *s = arena_printf(a, "%s:%d", "host", 25);
	const int *copy = arena_copy(a, numbers, 3, sizeof *numbers);

	(void)state;
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	assert_string_equal(arena_strdup(a, ""), "");
	assert_string_equal(s, "host:25");
	assert_memory_equal(copy, numbers, sizeof numbers);
	assert_non_null(arena_copy(a, NULL, 0, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buf_always_ends_in_a_nul),
		cmocka_unit_test(what_a_buf_lets_go_of_is_wiped),
		cmocka_unit_test(bytes_may_hold_nuls),
		cmocka_unit_test(taking_a_buf_leaves_it_empty),
		cmocka_unit_test(a_shell_word_is_one_word),
		cmocka_unit_test(an_array_grows_one_by_one),
		cmocka_unit_test(an_arena_gives_zeroed_aligned_memory_of_any_size),
		cmocka_unit_test(an_arena_keeps_texts_and_arrays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
