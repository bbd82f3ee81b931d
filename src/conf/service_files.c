#include "conf/private/service_fields.h"

#include "base/text.h"

#include <string.h>

#define MODE_UNSAID 010000u
#define PLACE       "{certificate}"

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

/* A brace that isn't the one placeholder's is a placeholder misspelt. */
static bool has_other_brace(const char *path)
{
	while ((path = strpbrk(path, "{}"))) {
		if (!text_starts(path, PLACE))
			return true;
		path += strlen(PLACE);
	}
	return false;
}

/* NULL: it is one. */
static const char *no_plain_path(const char *path)
{
	if (*path != '/' || text_ends(path, "/"))
		return "isn't the absolute path of a file";
	if (strstr(path, "/../") || strstr(path, "/./") || strstr(path, "//") ||
		text_ends(path, "/..") || text_ends(path, "/."))
		return "is no plain path ('..', '.' or '//' in it)";
	if (has_other_brace(path))
		return "has a brace in it: the only placeholder is " PLACE;
	return NULL;
}

static bool read_path(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct file *file = base;
	const char *wrong;

	if (!field_final(r, f, value, base))
		return false;
	if (has_control(file->path))
		return reading_error(r, value, "%s: a control character in a path", f->key);
	wrong = no_plain_path(file->path);
	if (wrong)
		return reading_error(
			r, value, "%s: '%.100s' %s", f->key, file->path, wrong);
	file->as_written = file->path;
	return true;
}

static bool read_owner(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	if (!field_final(r, f, value, base))
		return false;
	if (!is_word(*text_slot(base, f), "_.-@$\\"))
		return reading_error(r, value,
			"%s: expected a name or a number, found '%.60s'", f->key,
			*text_slot(base, f));
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

/* ---- what is in it ---- */

static const struct choice parts[] = {
	{ "privkey", PART_PRIVKEY },
	{ "cert", PART_CERT },
	{ "chain", PART_CHAIN },
	{ "fullchain", PART_FULLCHAIN },
	{ "combined", PART_COMBINED },
	{ "pkcs12", PART_PKCS12 },
	{ "der", PART_DER },
	{ "privkey-der", PART_PRIVKEY_DER },
	{ NULL, 0 },
};
/* Those that can be combined. */
static const struct choice pem_parts[] = {
	{ "privkey", PART_PRIVKEY },
	{ "cert", PART_CERT },
	{ "chain", PART_CHAIN },
	{ "fullchain", PART_FULLCHAIN },
	{ NULL, 0 },
};

/* The key first: the only order that Postfix takes (smtpd_tls_chain_files), and all others
 * take it too. */
static const enum part usual_order[] = { PART_PRIVKEY, PART_FULLCHAIN };

const char *part_name(enum part p)
{
	return parts[p].word;
}

static bool in_order(const struct file *f, enum part p)
{
	for (size_t i = 0; i < f->n_order; i++)
		if (f->order[i] == p)
			return true;
	return false;
}

bool file_holds_key(const struct file *f)
{
	return f->part == PART_PRIVKEY || f->part == PART_PKCS12 ||
		f->part == PART_PRIVKEY_DER || in_order(f, PART_PRIVKEY);
}

/* The first part with certificates in it; PART_PRIVKEY if there is none. */
static enum part first_certificates(const struct file *f)
{
	if (f->part < PART_COMBINED)
		return f->part;
	for (size_t i = 0; i < f->n_order; i++)
		if (f->order[i] != PART_PRIVKEY)
			return f->order[i];
	return PART_PRIVKEY;
}

bool file_holds_certificates(const struct file *f)
{
	return first_certificates(f) != PART_PRIVKEY;
}

bool file_holds_leaf(const struct file *f)
{
	const enum part first = first_certificates(f);

	return first == PART_CERT || first == PART_FULLCHAIN;
}

static bool choose_part(const struct reading *r, const struct field *f,
	const struct choice *words, const struct node *value, enum part *part)
{
	const struct field into = { f->key, field_choice, 0, false, 0, words };
	int chosen;

	if (!field_choice(r, &into, value, &chosen))
		return false;
	*part = (enum part)chosen;
	return true;
}

static bool read_part(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	return choose_part(r, f, parts, value, &((struct file *)base)->part);
}

static bool read_order(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	struct file *file = base;
	enum part *order;
	struct err e;

	if (!node_is_sequence(value, f->key, "a list of parts", &e))
		return reading_fail(r, &e);
	order = arena_calloc(r->a, value->n, sizeof *order);
	file->order = order;
	for (file->n_order = 0; file->n_order < value->n; file->n_order++) {
		const struct node *item = value->items[file->n_order];
		enum part part;

		if (!choose_part(r, f, pem_parts, item, &part))
			return false;
		if (in_order(file, part))
			return reading_error(r, item, "%s: '%s' is there a second time",
				f->key, item->text);
		order[file->n_order] = part;
	}
	return value->n > 0 ||
		reading_error(r, value, "%s: expected at least one part", f->key);
}

/* ---- a passphrase ---- */

static bool read_secret_file(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const char **path = text_slot(base, f);

	if (!field_string(r, f, value, base))
		return false;
	*path = node_path(r->a, value, *path);
	return true;
}

#define PASSPHRASE(member) offsetof(struct file, passphrase.member)

static const struct field file_fields[] = {
	{ "part", read_part, 0, true, 0, NULL },
	{ "path", read_path, offsetof(struct file, path), true, 0, NULL },
	{ "owner", read_owner, offsetof(struct file, owner), false, 0, NULL },
	{ "group", read_owner, offsetof(struct file, group), false, 0, NULL },
	{ "mode", read_mode, 0, false, 0, NULL },
	{ "certificate", field_final, offsetof(struct file, certificate), false, 0, NULL },
	{ "order", read_order, 0, false, 0, NULL },
	{ "secret_file", read_secret_file, PASSPHRASE(file), false, 0, NULL },
	{ "secret_env", field_string, PASSPHRASE(env), false, 0, NULL },
	{ "secret_command", field_string, PASSPHRASE(command), false, 0, NULL },
};

static const struct schema file_schema = { "a mapping (part, path, owner, group, mode)",
	file_fields, ARRAY_LEN(file_fields) };

static bool check_passphrase(const struct reading *r, const struct node *n, struct file *f)
{
	const int said = secret_sources(&f->passphrase);

	f->passphrase.pos = n->pos;
	f->passphrase.dir = node_path(r->a, n, ".");
	if (said > 0 && f->part != PART_PKCS12)
		return reading_error(r, n, "file: a passphrase is for part: pkcs12 only");
	return said <= 1 ||
		reading_error(r, n,
			"file: expected one of secret_file, secret_env and secret_command, found several");
}

static bool check_file(const struct reading *r, const struct node *n, void *item)
{
	struct file *file = item;

	file->pos = n->pos;
	if (file->part == PART_COMBINED && file->n_order == 0) {
		file->order = usual_order;
		file->n_order = ARRAY_LEN(usual_order);
	} else if (file->part != PART_COMBINED && file->n_order > 0) {
		return reading_error(
			r, node_at(n, "order"), "order: goes with part: combined only");
	}
	if (file->mode == MODE_UNSAID)
		file->mode = file_holds_key(file) ? 0600 : 0644;
	if (file_holds_key(file) && (file->mode & ~0640u))
		return reading_error(r, node_at(n, "mode"),
			"mode: %04o is too wide for a private key: 0640 is the widest, 0600 the default",
			file->mode);
	return check_passphrase(r, n, file);
}

static const struct file no_file = { .mode = MODE_UNSAID };
static const struct list_of files = { &file_schema, "file", sizeof(struct file), &no_file,
	check_file };

bool field_files(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	const struct field as_list = { f->key, field_list, f->offset, false, f->count,
		&files };

	return field_list(r, &as_list, value, base);
}

/* ---- builds ---- */

static const struct field build_fields[] = {
	{ "command", field_string, offsetof(struct build, command), true, 0, NULL },
	{ "inputs", field_strings, offsetof(struct build, inputs), false,
		offsetof(struct build, n_inputs), NULL },
};

static const struct schema build_schema = { "a mapping (command, inputs)", build_fields,
	ARRAY_LEN(build_fields) };

/* A command alone, or a mapping. */
static bool read_build(const struct reading *r, const struct field *f,
	const struct node *value, struct build *b)
{
	const struct field command = { f->key, field_string,
		offsetof(struct build, command), false, 0, NULL };

	b->pos = value->pos;
	return value->type == NODE_MAPPING ? schema_read(r, &build_schema, f->key, value, b)
					   : field_string(r, &command, value, b);
}

bool field_builds(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	struct service *s = base;
	const bool list = value->type == NODE_SEQUENCE && !value->tag;
	bool ok = true;

	s->n_builds = list ? value->n : 1;
	if (value->type == NODE_NULL && !value->tag)
		s->n_builds = 0;
	s->builds = arena_calloc(r->a, s->n_builds, sizeof *s->builds);
	for (size_t i = 0; i < s->n_builds; i++)
		if (!read_build(r, f, list ? value->items[i] : value, &s->builds[i]))
			ok = false;
	return ok;
}

/* ---- all together ---- */

static bool is_written(const struct service *s, const char *path)
{
	for (size_t i = 0; i < s->n_files; i++)
		if (text_eq(s->files[i].as_written, path))
			return true;
	return false;
}

static bool inputs_are_files(const struct reading *r, const struct service *s)
{
	bool ok = true;

	for (size_t i = 0; i < s->n_builds; i++)
		for (size_t k = 0; k < s->builds[i].n_inputs; k++)
			if (!is_written(s, s->builds[i].inputs[k]))
				ok = err_at(errs_next(r->all), s->builds[i].pos,
					"build: '%.200s' is the path of no file of service '%s'",
					s->builds[i].inputs[k], s->name);
	return ok;
}

static size_t dir_len(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

static bool in_one_directory(const struct reading *r, const struct service *s)
{
	const char *first = s->n_files ? s->files[0].path : "";

	if (!s->swap_directory)
		return true;
	if (s->n_files == 0 || dir_len(first) == 0)
		return err_at(errs_next(r->all), s->pos,
			"swap: service '%s' has no files in a directory that could be replaced",
			s->name);
	for (size_t i = 1; i < s->n_files; i++)
		if (dir_len(s->files[i].path) != dir_len(first) ||
			strncmp(s->files[i].path, first, dir_len(first)) != 0)
			return err_at(errs_next(r->all), s->files[i].pos,
				"swap: directory needs all files of service '%s' in one: %.200s isn't in %.*s",
				s->name, s->files[i].path, (int)dir_len(first), first);
	return true;
}

static const char *filled(struct arena *a, const char *path, const char *certificate)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	const char *place;

	for (; (place = strstr(path, PLACE)); path = place + strlen(PLACE)) {
		buf_add(&text, path, (size_t)(place - path));
		buf_puts(&text, certificate);
	}
	buf_puts(&text, path);
	return arena_strdup(a, text.data);
}

/* One file of the list, or one for each certificate. */
static size_t add_files(const struct reading *r, const struct service *s,
	const struct file *f, struct file *to)
{
	const bool each = strstr(f->path, PLACE) && !f->certificate;
	const size_t n = each ? s->n_certificates : 1;

	for (size_t i = 0; i < n; i++) {
		to[i] = *f;
		if (!f->certificate)
			to[i].certificate = s->certificates[i];
		to[i].path = filled(r->a, f->path, to[i].certificate);
	}
	return n;
}

static bool fill_in(const struct reading *r, struct service *s)
{
	struct file *all = arena_calloc(r->a, s->n_files * s->n_certificates, sizeof *all);
	size_t n = 0;

	for (size_t i = 0; i < s->n_files; i++) {
		const struct file *f = &s->files[i];

		if (f->certificate &&
			!text_among(s->certificates, s->n_certificates, f->certificate))
			return err_at(errs_next(r->all), f->pos,
				"file: '%s' is none of the certificates of service '%s'",
				f->certificate, s->name);
		n += add_files(r, s, f, all + n);
	}
	s->files = all;
	s->n_files = n;
	return true;
}

static bool paths_differ(const struct reading *r, const struct service *s)
{
	bool ok = true;

	for (size_t i = 0; i < s->n_files; i++)
		for (size_t k = 0; k < i; k++)
			if (text_eq(s->files[i].path, s->files[k].path))
				ok = err_at(errs_next(r->all), s->files[i].pos,
					"file: the path %.200s is here a second time: the first is in line %d",
					s->files[i].path, s->files[k].pos.line);
	return ok;
}

bool service_files_finish(const struct reading *r, struct service *s)
{
	return (s->n_certificates == 0 || fill_in(r, s)) && paths_differ(r, s) &&
		inputs_are_files(r, s) && in_one_directory(r, s);
}
