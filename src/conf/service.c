#include "conf/private/service.h"

#include "base/text.h"
#include "conf/endpoint.h"
#include "conf/private/names.h"
#include "conf/private/service_fields.h"

#include <string.h>

bool is_word(const char *text, const char *also)
{
	if (*text == '-')
		return false;
	for (; *text; text++) {
		bool letter =
			(*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');

		if (!letter && !(*text >= '0' && *text <= '9') && !strchr(also, *text))
			return false;
	}
	return true;
}

const char **text_slot(void *base, const struct field *f)
{
	return (const char **)(void *)((char *)base + f->offset);
}

bool field_final(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	if (!field_string(r, f, value, base))
		return false;
	if (strstr(*text_slot(base, f), "{{"))
		return reading_error(r, value,
			"%s: '{{ … }}' works in the inventory only: give this key there",
			f->key);
	return true;
}

static bool read_protocol(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const struct protocols *protocols = r->hint;
	struct err e = { 0 };

	if (!field_string(r, f, value, base))
		return false;
	return endpoint_protocol(protocols->names, *text_slot(base, f), &e) ||
		reading_error(r, value, "%s: %s", f->key, e.msg);
}

static bool read_host(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (!field_final(r, f, value, base))
		return false;
	if (!is_word(*text_slot(base, f), ".-_:"))
		return reading_error(r, value,
			"%s: expected a host or an address, found '%.100s'", f->key,
			*text_slot(base, f));
	return true;
}

static bool read_name(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const char *text, *wrong;

	if (!field_final(r, f, value, base))
		return false;
	text = *text_slot(base, f);
	wrong = strchr(text, '*') ? "is a wildcard: name a host that it covers"
				  : name_check(r->a, text, text_slot(base, f));
	return !wrong || reading_error(r, value, "%s: '%.100s' %s", f->key, text, wrong);
}

static const struct choice tlsa_words[] = { { "none", TLSA_NONE },
	{ "require", TLSA_REQUIRE }, { "manage", TLSA_MANAGE }, { NULL, 0 } };

const char *tlsa_word(enum tlsa t)
{
	for (size_t i = 0; tlsa_words[i].word; i++)
		if (tlsa_words[i].value == (int)t)
			return tlsa_words[i].word;
	return NULL;
}

enum tlsa check_tlsa(const struct service *s, const struct check *c)
{
	if (c->tlsa != TLSA_UNSAID)
		return c->tlsa;
	/* no stranger comes to a port that only the host can reach */
	if (c->tunnel)
		return TLSA_NONE;
	return s->tlsa == TLSA_UNSAID ? TLSA_NONE : s->tlsa;
}

static const struct field check_fields[] = {
	{ "protocol", read_protocol, offsetof(struct check, protocol), true, 0, NULL },
	{ "port", field_port, offsetof(struct check, port), false, 0, NULL },
	{ "host", read_host, offsetof(struct check, host), false, 0, NULL },
	{ "name", read_name, offsetof(struct check, name), false, 0, NULL },
	{ "tlsa", field_choice, offsetof(struct check, tlsa), false, 0, tlsa_words },
	{ "client_auth", field_bool, offsetof(struct check, client_auth), false, 0, NULL },
	{ "tunnel", field_bool, offsetof(struct check, tunnel), false, 0, NULL },
};

static const struct schema check_schema = { "a mapping (protocol, port, host, name, …)",
	check_fields, ARRAY_LEN(check_fields) };

static bool finish_check(const struct reading *r, const struct node *n, void *item)
{
	const struct protocols *protocols = r->hint;
	struct check *c = item;

	c->pos = n->pos;
	if (!c->port && !protocols->port(c->protocol))
		return reading_error(r, n,
			"check: %s has no port of its own: 'port' is missing", c->protocol);
	if (c->tunnel && c->tlsa > TLSA_NONE)
		return reading_error(r, n,
			"tlsa: no sender goes by the TLSA records of a port that only the host itself can reach (tunnel)");
	return true;
}

static const struct check no_check = { 0 };
static const struct list_of checks = { &check_schema, "check", sizeof(struct check),
	&no_check, finish_check };

/* A shell command line; ~ stands for none, so that a host can do without its playbook's. */
static bool read_command(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (value->type == NODE_NULL && !value->tag) {
		*text_slot(base, f) = NULL;
		return true;
	}
	return field_string(r, f, value, base);
}

static bool read_service_name(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (!field_string(r, f, value, base))
		return false;
	if (!is_word(*text_slot(base, f), "_.-"))
		return reading_error(r, value,
			"%s: '%.60s' can't name a service: only letters, digits and - _ . may be in it",
			f->key, *text_slot(base, f));
	return true;
}

/* One, or a list. */
static bool read_certificates(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct service *s = base;

	s->certificates_pos = value->pos;
	if (!field_strings(r, f, value, base))
		return false;
	for (size_t i = 0; i < s->n_certificates; i++)
		if (text_among(s->certificates, i, s->certificates[i]))
			return reading_error(r, value->items[i],
				"%s: '%s' is there a second time", f->key,
				s->certificates[i]);
	return s->n_certificates > 0 ||
		reading_error(r, value, "%s: expected a name, or a list of them", f->key);
}

static bool not_here(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	(void)base;
	return reading_error(r, value,
		"%s: which certificate a service gets is for the inventory to say", f->key);
}

/* A bool that has two words of its own, in f->arg. */
static bool read_either(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const struct field into = { f->key, field_choice, 0, false, 0, f->arg };
	int chosen;

	if (!field_choice(r, &into, value, &chosen))
		return false;
	*(bool *)((char *)base + f->offset) = chosen;
	return true;
}

static const struct choice rollbacks[] = { { "auto", true }, { "never", false },
	{ NULL, 0 } };
static const struct choice swaps[] = { { "files", false }, { "directory", true },
	{ NULL, 0 } };

static const struct range waits = { 1, 3600, "seconds (1-3600)" };

static bool read_wait(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const struct service *s = base;

	if (!field_seconds(r, f, value, base))
		return false;
	return (s->wait >= waits.min && s->wait <= waits.max) ||
		reading_error(r, value, "%s: expected %s, found '%s'", f->key,
			waits.expected, value->text);
}

#define COMMON                                                                             \
	{ "files", field_files, offsetof(struct service, files), false,                    \
		offsetof(struct service, n_files), NULL },                                 \
		{ "swap", read_either, offsetof(struct service, swap_directory), false, 0, \
			swaps },                                                           \
		{ "build", field_builds, 0, false, 0, NULL },                              \
		{ "validate", read_command, offsetof(struct service, validate), false, 0,  \
			NULL },                                                            \
		{ "reload", read_command, offsetof(struct service, reload), false, 0,      \
			NULL },                                                            \
		{ "restart", read_command, offsetof(struct service, restart), false, 0,    \
			NULL },                                                            \
		{ "checks", field_list, offsetof(struct service, checks), false,           \
			offsetof(struct service, n_checks), &checks },                     \
		{ "rollback", read_either, offsetof(struct service, rollback), false, 0,   \
			rollbacks },                                                       \
		{ "tlsa", field_choice, offsetof(struct service, tlsa), false, 0,          \
			tlsa_words },                                                      \
		{ "client_auth", field_bool, offsetof(struct service, client_auth), false, \
			0, NULL },                                                         \
	{                                                                                  \
		"wait", read_wait, offsetof(struct service, wait), false, 0, NULL          \
	}

static const struct field playbook_fields[] = {
	{ "service", read_service_name, offsetof(struct service, name), true, 0, NULL },
	{ "certificate", not_here, 0, false, 0, NULL },
	COMMON,
};

static const struct schema playbook_schema = {
	"a mapping (service, files, reload, checks, …)", playbook_fields,
	ARRAY_LEN(playbook_fields)
};

static const struct field host_fields[] = {
	{ "certificate", read_certificates, offsetof(struct service, certificates), true,
		offsetof(struct service, n_certificates), NULL },
	COMMON,
};

static const struct schema host_schema = { "a mapping (certificate: NAME, …)", host_fields,
	ARRAY_LEN(host_fields) };

bool service_read(struct arena *a, const struct node *n, const struct protocols *protocols,
	struct service *s, struct errs *all)
{
	struct reading r = { a, NULL, protocols, all };

	*s = (struct service){ .rollback = true, .wait = 15, .pos = n->pos };
	if (!schema_read(&r, &playbook_schema, "service", n, s))
		return false;
	if (!s->n_files && !s->n_checks && !s->reload)
		return reading_error(&r, n,
			"service '%s' has no files, no reload and no checks", s->name);
	return service_files_finish(&r, s);
}

bool service_override(struct arena *a, const struct node *says,
	const struct protocols *protocols, struct service *s, struct errs *all)
{
	struct reading r = { a, NULL, protocols, all };

	s->pos = says->pos;
	return schema_read(&r, &host_schema, s->name, says, s) &&
		service_files_finish(&r, s);
}
