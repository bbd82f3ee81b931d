#include "dns/private/anchors.h"
#include "base/alloc.h"
#include "base/fs.h"

#include <stdio.h>

enum { ANCHORS_MAX = 65536 };

DEFINE_AUTO(FILE, file, fclose)

/* Debian's dns-root-data, and what unbound keeps up to date. */
static const char *const usual[] = { "/usr/share/dns/root.key",
	"/var/lib/unbound/root.key" };

static bool is_anchor(const ldns_rr *rr)
{
	return ldns_rr_get_type(rr) == LDNS_RR_TYPE_DS ||
		ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNSKEY;
}

static bool is_blank(ldns_status status)
{
	return status == LDNS_STATUS_SYNTAX_EMPTY || status == LDNS_STATUS_SYNTAX_TTL ||
		status == LDNS_STATUS_SYNTAX_ORIGIN;
}

static bool parse(
	const char *path, const struct buf *text, ldns_rr_list *all, struct err *e)
{
	AUTO(file) FILE *in = fmemopen(text->data, text->len, "r");

	while (in && !feof(in)) {
		AUTO(rr) ldns_rr *rr = NULL;
		ldns_status status = ldns_rr_new_frm_fp(&rr, in, NULL, NULL, NULL);

		if (status == LDNS_STATUS_OK && is_anchor(rr))
			ldns_rr_list_push_rr(all, TAKE(rr));
		else if (status != LDNS_STATUS_OK && !is_blank(status))
			return err_set(e, ERR_CONFIG, "%s: %s", path,
				ldns_get_errorstr_by_id(status));
	}
	return true;
}

static bool read_anchors(const char *path, ldns_rr_list *all, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (fs_read(path, ANCHORS_MAX, &text, e) && parse(path, &text, all, e))
		return true;
	e->kind = ERR_CONFIG;
	return err_wrap(e, "trust_anchor");
}

bool anchors_find(const struct dns_config *c, ldns_rr_list *all, struct err *e)
{
	struct err unused;

	if (c->trust_anchor)
		return read_anchors(c->trust_anchor, all, e);
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (read_anchors(usual[i], all, &unused))
			break;
	return true;
}

char *anchors_above(const ldns_rr_list *all, const char *domain)
{
	struct err unused;
	AUTO(rdf) ldns_rdf *name = name_parse(domain, &unused);
	const ldns_rdf *best = NULL;

	for (size_t i = 0; name && i < ldns_rr_list_rr_count(all); i++) {
		const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(all, i));

		if (name_within(name, owner) && (!best || name_within(owner, best)))
			best = owner;
	}
	return best ? name_text(best) : NULL;
}
