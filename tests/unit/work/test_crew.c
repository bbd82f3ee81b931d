#include "base/macros.h"
#include "check.h"
#include "work/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define JOBS 40

struct seen {
	atomic_int times[JOBS];
	atomic_int now, most;
	size_t order[JOBS];
	size_t n;
};

static void count(void *ctx, size_t i)
{
	struct seen *s = ctx;
	int now = atomic_fetch_add(&s->now, 1) + 1;
	int most = atomic_load(&s->most);

	while (most < now && !atomic_compare_exchange_weak(&s->most, &most, now))
		;
	atomic_fetch_add(&s->times[i], 1);
	usleep(50);
	atomic_fetch_sub(&s->now, 1);
}

static void each_job_runs_once_and_never_too_many_at_a_time(void **state)
{
	static const struct {
		size_t width, n;
	} rows[] = { { 1, 20 }, { 2, 20 }, { 8, JOBS }, { 50, 7 }, { 0, 5 }, { 4, 0 },
		{ 3, 1 }, { 60, JOBS } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen s = { 0 };
		int width = rows[i].width ? (int)rows[i].width : 1;

		crew_run(rows[i].width, rows[i].n, count, &s);
		assert_true(atomic_load(&s.most) <= width);
		assert_int_equal(atomic_load(&s.now), 0);
		for (size_t k = 0; k < JOBS; k++)
			assert_int_equal(atomic_load(&s.times[k]), k < rows[i].n ? 1 : 0);
	}
}

static void note(void *ctx, size_t i)
{
	struct seen *s = ctx;

	s->order[s->n++] = i;
}

static void a_crew_of_one_works_in_order_and_needs_no_lock(void **state)
{
	struct seen s = { 0 };

	(void)state;
	crew_run(1, JOBS, note, &s);
	assert_int_equal(s.n, JOBS);
	for (size_t i = 0; i < JOBS; i++)
		assert_int_equal(s.order[i], i);
}

/* Jobs 0 and 1 wait for each other, so that they pass only when they run side by side. */
static void meet(void *ctx, size_t i)
{
	(void)i;
	pthread_barrier_wait(ctx);
}

static void as_many_as_are_asked_for_run_side_by_side(void **state)
{
	pthread_barrier_t barrier;

	(void)state;
	pthread_barrier_init(&barrier, NULL, 6);
	crew_run(6, 6, meet, &barrier);
	pthread_barrier_destroy(&barrier);
}

static void use_stack(void *ctx, size_t i)
{
	volatile char room[300 * 1024];

	room[0] = (char)i;
	room[sizeof room - 1] = room[0];
	atomic_fetch_add((atomic_int *)ctx, room[sizeof room - 1]);
}

static void a_job_has_room_for_300_KiB_on_its_stack(void **state)
{
	atomic_int sum = 0;

	(void)state;
	crew_run(4, 8, use_stack, &sum);
	assert_int_equal(atomic_load(&sum), 28);
}

static void slot(void *ctx, size_t i)
{
	int *slots = ctx;

	slots[i] = (int)i * 2;
}

static void what_a_job_wrote_is_seen_when_all_have_returned(void **state)
{
	int slots[JOBS] = { 0 };

	(void)state;
	crew_run(8, JOBS, slot, slots);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(slots[i], i * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_job_runs_once_and_never_too_many_at_a_time),
		cmocka_unit_test(a_crew_of_one_works_in_order_and_needs_no_lock),
		cmocka_unit_test(as_many_as_are_asked_for_run_side_by_side),
		cmocka_unit_test(a_job_has_room_for_300_KiB_on_its_stack),
		cmocka_unit_test(what_a_job_wrote_is_seen_when_all_have_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
