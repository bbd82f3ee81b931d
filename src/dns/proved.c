#include "dns/private/proved.h"
#include "base/alloc.h"
#include "dns/private/anchors.h"
#include "dns/private/resolve.h"

/* What is signed is the resolvers' to hand on; those that drop it are passed by. */
static void ask_past_them(
	const ldns_rr_list *anchors, struct question *q, size_t n, int64_t deadline)
{
	struct question *again = xcalloc(n, sizeof *again);
	size_t n_again = 0;

	for (size_t i = 0; i < n; i++)
		if (q[i].verdict == VERDICT_BOGUS)
			again[n_again++] = (struct question)QUESTION(q[i].name, q[i].type);
	if (n_again > 0)
		validator_ask(NULL, anchors, again, n_again, deadline);
	for (size_t i = 0, k = 0; i < n; i++)
		if (q[i].verdict == VERDICT_BOGUS) {
			struct question *worse = again[k].told ? &q[i] : &again[k];

			questions_clear(worse, 1);
			if (worse == &q[i])
				q[i] = again[k];
			k++;
		}
	free(again);
}

bool proved_ask(const struct dns_config *c, struct question *q, size_t n, int64_t deadline,
	struct err *e)
{
	AUTO(rrs) ldns_rr_list *anchors = ldns_rr_list_new();
	AUTO(resolvers) struct resolvers r = { 0 };
	AUTO(str) char *root = NULL;

	if (!dns_validator(e))
		return false;
	if (!anchors_find(c, anchors, e) || !resolvers_from(c, &r, e))
		return false;
	validator_ask(&r.at, anchors, q, n, deadline);
	root = anchors_above(anchors, ".");
	if (root)
		ask_past_them(anchors, q, n, deadline);
	return true;
}
