/* When may a new key be served? RFC 7671 8.1. */
#include "base/alloc.h"
#include "base/text.h"
#include "cert/cert.h"
#include "cert/tlsa.h"
#include "check.h"
#include "dane/private/gate.h"
#include "made_cert.h"

#define NAME  "_25._tcp.mail.example.net"
#define OTHER "3 1 1 00"

enum { NOW = 1000000, TTL = 300 };

/* What up to three addresses show. */
struct sight {
	struct dns_tlsa look;
	struct dns_tlsa_view views[3];
	char *fitting[2], *others[1];
};

struct scene {
	struct made made;
	struct chain chain;
	char *record;
};

static struct scene scene_new(void)
{
	const struct made_wish w = { "mail", "DNS:mail.example.net", 0, 0, NULL };
	struct scene s = { .made = made_cert(&w, NULL) };
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct sha256 key;

	s.chain = MADE_CHAIN(&s.made);
	key = cert_key_sha256(s.chain.certs[0]);
	tlsa_of_key(&key, &text);
	s.record = buf_take(&text);
	return s;
}

static void scene_clear(struct scene *s)
{
	chain_clear(&s->chain);
	made_clear(&s->made);
	free(s->record);
}
DEFINE_AUTO_VALUE(struct scene, scene, scene_clear)

/* A letter for each address: F it and another, f it, o another, e none; s silent, n no
 * route.
 */
static void see(struct sight *t, const struct scene *s, const char *letters)
{
	static char other[] = OTHER;

	t->fitting[0] = s->record;
	t->fitting[1] = t->others[0] = other;
	t->look = (struct dns_tlsa){
		.name = NAME, .views = t->views, .n_views = strlen(letters), .ttl = TTL
	};
	for (size_t i = 0; letters[i]; i++) {
		const char c = letters[i];

		t->views[i] = (struct dns_tlsa_view){
			.answered = c != 's' && c != 'n',
			.no_route = c == 'n',
			.records = c == 'o' ? t->others : t->fitting,
			.n = c == 'F'                  ? 2
				: c == 'f' || c == 'o' ? 1
						       : 0,
		};
	}
}

static void a_record_must_be_out_everywhere_for_twice_its_ttl(void **state)
{
	static const struct {
		const char *before; /* as an earlier run saw it; NULL: there was none */
		int ago;
		const char *now;
		enum gate_stand stand;
		int from; /* after NOW */
	} rows[] = {
		{ NULL, 0, "eee", GATE_MISSING, 0 },
		{ NULL, 0, "ooo", GATE_MISSING, 0 },
		{ NULL, 0, "Foo", GATE_MISSING, 0 },
		{ NULL, 0, "Fsf", GATE_BLIND, 0 },
		{ NULL, 0, "sss", GATE_BLIND, 0 },
		{ NULL, 0, "nnn", GATE_BLIND, 0 },
		{ NULL, 0, "fff", GATE_WAIT, 2 * TTL },
		{ NULL, 0, "Fnf", GATE_WAIT, 2 * TTL },
		{ "fff", 1, "fff", GATE_WAIT, 2 * TTL - 1 },
		{ "fff", 2 * TTL - 1, "fff", GATE_WAIT, 1 },
		{ "fff", 2 * TTL, "fff", GATE_OPEN, 0 },
		{ "fff", 9 * TTL, "FFf", GATE_OPEN, 0 },
		/* a server that is away now had it then; one that answers without it hasn't
		 */
		{ "fff", 9 * TTL, "ffs", GATE_OPEN, 0 },
		{ "fff", 9 * TTL, "sss", GATE_BLIND, 0 },
		{ "fff", 9 * TTL, "ffe", GATE_MISSING, 0 },
		{ "fff", 9 * TTL, "ffo", GATE_MISSING, 0 },
		/* not everywhere then, so it counts from now */
		{ "ffe", 9 * TTL, "fff", GATE_WAIT, 2 * TTL },
		{ "ffs", 9 * TTL, "fff", GATE_WAIT, 2 * TTL },
		{ "ooo", 9 * TTL, "fff", GATE_WAIT, 2 * TTL },
		/* the clock was wrong */
		{ "fff", -9 * TTL, "fff", GATE_WAIT, 2 * TTL },
	};
	AUTO(scene) struct scene s = scene_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(announcements) struct announcements known = { 0 };
		struct sight sight = { 0 };
		struct gate g;

		if (rows[i].before) {
			see(&sight, &s, rows[i].before);
			gate_note(&known, &sight.look, NOW - rows[i].ago);
		}
		see(&sight, &s, rows[i].now);
		gate_note(&known, &sight.look, NOW);
		g = gate_judge(&known, &sight.look, &s.chain, NOW);
		if (g.stand != rows[i].stand ||
			(g.stand == GATE_WAIT && g.from != NOW + rows[i].from))
			fail_msg("row %zu: %d, from %ld", i, g.stand, (long)(g.from - NOW));
	}
}

static void one_that_was_out_and_gone_counts_anew(void **state)
{
	AUTO(scene) struct scene s = scene_new();
	AUTO(announcements) struct announcements known = { 0 };
	struct sight sight = { 0 };

	(void)state;
	see(&sight, &s, "fff");
	gate_note(&known, &sight.look, NOW - 9 * TTL);
	see(&sight, &s, "fef");
	gate_note(&known, &sight.look, NOW - 1);
	assert_int_equal(known.n, 0);
	see(&sight, &s, "fff");
	gate_note(&known, &sight.look, NOW);
	assert_int_equal(gate_judge(&known, &sight.look, &s.chain, NOW).stand, GATE_WAIT);
}

static void ours_are_not_forgotten(void **state)
{
	AUTO(scene) struct scene s = scene_new();
	AUTO(announcements) struct announcements known = { 0 };
	struct sight sight = { 0 };

	(void)state;
	announcements_add(&known, NAME, s.record)->added = NOW - 1;
	announcements_add(&known, "_25._tcp.other.example.net", s.record)->seen = NOW - 1;
	see(&sight, &s, "eee");
	gate_note(&known, &sight.look, NOW);
	assert_int_equal(known.n, 2);
	assert_int_equal(announcements_find(&known, NAME, s.record)->seen, 0);
	assert_int_equal(
		announcements_find(&known, "_25._tcp.other.example.net", s.record)->seen,
		NOW - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_must_be_out_everywhere_for_twice_its_ttl),
		cmocka_unit_test(one_that_was_out_and_gone_counts_anew),
		cmocka_unit_test(ours_are_not_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
