#include "conf/private/service.h"

#include "base/text.h"
#include "conf/private/names.h"
#include "conf/private/schema.h"

#include <string.h>

#define MODE_UNSAID 010000u

/* Bounds that names in a service must keep: they end up in scripts and messages. */
static bool is_word(const char *text, const char *also)
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

static const char **slot(void *base, const struct field *f)
{
	return (const char **)(void *)((char *)base + f->offset);
}

/* A text in which nothing may be left to be filled in. */
static bool read_final(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (!field_string(r, f, value, base))
		return false;
	if (strstr(*slot(base, f), "{{"))
		return reading_error(r, value,
			"%s: '{{ … }}' works in the inventory only: give this key there",
			f->key);
	return true;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static bool read_absolute(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const char *path;
	size_t len;

	if (!read_final(r, f, value, base))
		return false;
	path = *slot(base, f);
	len = strlen(path);
	if (*path != '/' || path[len - 1] == '/')
		return reading_error(r, value,
			"%s: expected the absolute path of a file, found '%.100s'", f->key,
			path);
	if (strstr(path, "/../") || strstr(path, "/./") || strstr(path, "//") ||
		text_ends(path, "/..") || text_ends(path, "/."))
		return reading_error(r, value,
			"%s: '%.100s' is no plain path ('..', '.' or '//' in it)", f->key,
			path);
	if (has_control(path))
		return reading_error(r, value, "%s: a control character in a path", f->key);
	return true;
}

static bool read_owner(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (!read_final(r, f, value, base))
		return false;
	if (!is_word(*slot(base, f), "_.-@$\\"))
		return reading_error(r, value,
			"%s: expected a name or a number, found '%.60s'", f->key,
			*slot(base, f));
	return true;
}

/* The digits of an octal mode, as Ansible reads a text. */
static bool octal(const char *text, unsigned *mode)
{
	size_t len = strspn(text, "01234567");

	if (len < 3 || len > 4 || text[len])
		return false;
	for (*mode = 0; *text; text++)
		*mode = *mode * 8 + (unsigned)(*text - '0');
	return *mode <= 0777;
}

/* 0600 without quotes is octal in YAML, 600 is not: the mistake that Ansible's users know.
 */
static bool read_mode(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct file *file = base;
	struct err e;

	if (value->type == NODE_INT && !value->tag && *value->text != '0')
		return reading_error(r, value,
			"%s: %.20s without quotes is no octal number: write \"0%.20s\"",
			f->key, value->text, value->text);
	if (value->tag || (value->type != NODE_STRING && value->type != NODE_INT) ||
		!octal(value->text, &file->mode)) {
		node_unexpected(value, f->key, "an octal mode such as \"0640\"", &e);
		return reading_fail(r, &e);
	}
	return true;
}

static const struct choice parts[] = {
	{ "privkey", PART_PRIVKEY },
	{ "cert", PART_CERT },
	{ "chain", PART_CHAIN },
	{ "fullchain", PART_FULLCHAIN },
	{ NULL, 0 },
};

const char *part_name(enum part p)
{
	return parts[p].word;
}

static bool read_part(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct file *file = base;
	struct field into = { f->key, field_choice, 0, false, 0, parts };
	int part;

	if (!field_choice(r, &into, value, &part))
		return false;
	file->part = (enum part)part;
	return true;
}

static const struct field file_fields[] = {
	{ "part", read_part, 0, true, 0, NULL },
	{ "path", read_absolute, offsetof(struct file, path), true, 0, NULL },
	{ "owner", read_owner, offsetof(struct file, owner), false, 0, NULL },
	{ "group", read_owner, offsetof(struct file, group), false, 0, NULL },
	{ "mode", read_mode, 0, false, 0, NULL },
};

static const struct schema file_schema = { "a mapping (part, path, owner, group, mode)",
	file_fields, ARRAY_LEN(file_fields) };

static bool check_file(const struct reading *r, const struct node *n, void *item)
{
	struct file *file = item;

	if (file->mode == MODE_UNSAID)
		file->mode = file->part == PART_PRIVKEY ? 0600 : 0644;
	if (file->part == PART_PRIVKEY && (file->mode & ~0640u))
		return reading_error(r, node_at(n, "mode"),
			"mode: %04o is too wide for a private key: 0640 is the widest, 0600 the default",
			file->mode);
	return true;
}

static const struct file no_file = { .mode = MODE_UNSAID };
static const struct list_of files = { &file_schema, "file", sizeof(struct file), &no_file,
	check_file };

static bool read_files(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const struct service *s = base;
	bool ok = true;

	if (!field_list(r, f, value, base))
		return false;
	for (size_t i = 0; i < s->n_files; i++)
		for (size_t k = 0; k < i; k++)
			if (text_eq(s->files[i].path, s->files[k].path))
				ok = reading_error(r, value->items[i],
					"file: the path %.200s is here a second time: the first is in line %d",
					s->files[i].path, value->items[k]->pos.line);
	return ok;
}

static bool read_protocol(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const char *const *protocols = r->hint;
	const char *nearest;

	if (!field_string(r, f, value, base))
		return false;
	for (const char *const *p = protocols; *p; p++)
		if (text_eq(*p, *slot(base, f)))
			return true;
	nearest = text_nearest(*slot(base, f), protocols);
	return reading_error(r, value, "%s: unknown protocol '%.60s'%s%s%s", f->key,
		*slot(base, f), nearest ? ": did you mean '" : "", nearest ? nearest : "",
		nearest ? "'?" : "");
}

static bool read_host(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (!read_final(r, f, value, base))
		return false;
	if (!is_word(*slot(base, f), ".-_:"))
		return reading_error(r, value,
			"%s: expected a host or an address, found '%.100s'", f->key,
			*slot(base, f));
	return true;
}

static bool read_name(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const char *text, *wrong;

	if (!read_final(r, f, value, base))
		return false;
	text = *slot(base, f);
	wrong = strchr(text, '*') ? "is a wildcard: name a host that it covers"
				  : name_check(r->a, text, slot(base, f));
	return !wrong || reading_error(r, value, "%s: '%.100s' %s", f->key, text, wrong);
}

static const struct choice tlsa_words[] = { { "none", TLSA_NONE },
	{ "require", TLSA_REQUIRE }, { "manage", TLSA_MANAGE }, { NULL, 0 } };

enum tlsa check_tlsa(const struct service *s, const struct check *c)
{
	if (c->tlsa != TLSA_UNSAID)
		return c->tlsa;
	return s->tlsa == TLSA_UNSAID ? TLSA_NONE : s->tlsa;
}

static const struct field check_fields[] = {
	{ "protocol", read_protocol, offsetof(struct check, protocol), true, 0, NULL },
	{ "port", field_port, offsetof(struct check, port), false, 0, NULL },
	{ "host", read_host, offsetof(struct check, host), false, 0, NULL },
	{ "name", read_name, offsetof(struct check, name), false, 0, NULL },
	{ "tlsa", field_choice, offsetof(struct check, tlsa), false, 0, tlsa_words },
};

static const struct schema check_schema = { "a mapping (protocol, port, host, name, tlsa)",
	check_fields, ARRAY_LEN(check_fields) };

static bool place_check(const struct reading *r, const struct node *n, void *item)
{
	(void)r;
	((struct check *)item)->pos = n->pos;
	return true;
}

static const struct check no_check = { 0 };
static const struct list_of checks = { &check_schema, "check", sizeof(struct check),
	&no_check, place_check };

/* A shell command line; ~ stands for none, so that a host can do without its playbook's. */
static bool read_command(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (value->type == NODE_NULL && !value->tag) {
		*slot(base, f) = NULL;
		return true;
	}
	return field_string(r, f, value, base);
}

static bool read_service_name(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (!field_string(r, f, value, base))
		return false;
	if (!is_word(*slot(base, f), "_.-"))
		return reading_error(r, value,
			"%s: '%.60s' can't name a service: only letters, digits and - _ . may be in it",
			f->key, *slot(base, f));
	return true;
}

static bool read_certificate(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct service *s = base;

	s->certificate_pos = value->pos;
	return read_final(r, f, value, base);
}

static bool not_here(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	(void)base;
	return reading_error(r, value,
		"%s: which certificate a service gets is for the inventory to say", f->key);
}

static bool read_rollback(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	static const struct choice words[] = { { "auto", true }, { "never", false },
		{ NULL, 0 } };
	struct field into = { f->key, field_choice, 0, false, 0, words };
	int automatic;

	if (!field_choice(r, &into, value, &automatic))
		return false;
	((struct service *)base)->rollback = automatic;
	return true;
}

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
	{ "files", read_files, offsetof(struct service, files), false,                     \
		offsetof(struct service, n_files), &files },                               \
		{ "validate", read_command, offsetof(struct service, validate), false, 0,  \
			NULL },                                                            \
		{ "reload", read_command, offsetof(struct service, reload), false, 0,      \
			NULL },                                                            \
		{ "restart", read_command, offsetof(struct service, restart), false, 0,    \
			NULL },                                                            \
		{ "checks", field_list, offsetof(struct service, checks), false,           \
			offsetof(struct service, n_checks), &checks },                     \
		{ "rollback", read_rollback, 0, false, 0, NULL },                          \
		{ "tlsa", field_choice, offsetof(struct service, tlsa), false, 0,          \
			tlsa_words },                                                      \
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
	{ "certificate", read_certificate, offsetof(struct service, certificate), true, 0,
		NULL },
	COMMON,
};

static const struct schema host_schema = { "a mapping (certificate: NAME, …)", host_fields,
	ARRAY_LEN(host_fields) };

bool service_read(struct arena *a, const struct node *n, const char *const *protocols,
	struct service *s, struct errs *all)
{
	struct reading r = { a, NULL, protocols, all };

	*s = (struct service){ .rollback = true, .wait = 15, .pos = n->pos };
	if (!schema_read(&r, &playbook_schema, "service", n, s))
		return false;
	if (!s->n_files && !s->n_checks && !s->reload)
		return reading_error(&r, n,
			"service '%s' has no files, no reload and no checks", s->name);
	return true;
}

bool service_override(struct arena *a, const struct node *says,
	const char *const *protocols, struct service *s, struct errs *all)
{
	struct reading r = { a, NULL, protocols, all };

	s->pos = says->pos;
	return schema_read(&r, &host_schema, s->name, says, s);
}
