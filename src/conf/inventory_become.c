#include "conf/private/inventory_become.h"

#include "base/alloc.h"
#include "base/child.h"
#include "base/text.h"
#include "conf/inventory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool take_become(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return node_bool(n, what, &r->c->become, e);
}

static bool take_method(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	static const char *const names[] = {
		[BECOME_SUDO] = "sudo", [BECOME_DOAS] = "doas", [BECOME_SU] = "su"
	};
	const char *name;

	if (!node_string(n, what, &name, e))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_eq(names[i], reader_plugin(name))) {
			r->c->become_method = (enum become_method)i;
			return true;
		}
	return node_unexpected(
		n, what, "sudo, doas or su (and a login as root needs none)", e);
}

static bool take_user(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return reader_word(n, what, "a user's name", &r->c->become_user, e);
}

static bool take_exe(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return reader_word(n, what, "one program (its options are ansible_become_flags)",
		&r->c->become_exe, e);
}

/* Without those that certpush has an opinion of its own on; "" if none is left. */
static const char *others_flags(struct arena *a, const char *word)
{
	static const char alone[] = "ABbEHKkNnPSVisv"; /* take no value */
	static const char *const ours[] = { "--non-interactive", "--stdin", "--set-home",
		"--reset-timestamp" };
	char *left, *at;

	if (text_among(ours, ARRAY_LEN(ours), word))
		return "";
	if (word[0] != '-' || !word[1] || strspn(word + 1, alone) != strlen(word + 1))
		return word;
	left = at = arena_strdup(a, word);
	for (; *word; word++)
		if (!strchr("HSnk", *word))
			*at++ = *word;
	*at = '\0';
	return left[1] ? left : "";
}

static void free_words(char ***words)
{
	free(*words);
}

static bool take_flags(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	__attribute__((cleanup(free_words))) char **argv = NULL;
	const bool sudo = r->c->become_method == BECOME_SUDO;
	struct arena *a = r->vars->arena;
	const char *text, **list;
	size_t n_words = 0, kept = 0;

	if (!node_string(n, what, &text, e))
		return false;
	if (!text[strspn(text, " ")])
		return true;
	argv = argv_split(text);
	if (!argv)
		return err_at(e, n->pos, "%s: a quote is missing: %.100s", what, text);
	while (argv[n_words])
		n_words++;
	list = arena_calloc(a, n_words + 1, sizeof *list);
	for (size_t i = 0; i < n_words; i++) {
		const char *word = sudo ? others_flags(a, argv[i]) : argv[i];

		if (*word)
			list[kept++] = arena_strdup(a, word);
	}
	r->c->become_flags = list;
	return true;
}

/* ---- the password ---- */

#define OTHERWISE "say certpush_become_password_file or certpush_become_password_command"

/* Into one of the ways of a secret; without the text in a message. */
static bool secret(struct reader *r, const struct node *n, const char *what,
	const char **out, struct err *e)
{
	struct secret_source *s = &r->c->become_password;

	if (!node_string(n, what, out, &(struct err){ 0 }) || !**out)
		return n->tag
			? err_at(e, n->pos,
				  "%s: a value with the tag %s can't be read here: " OTHERWISE,
				  what, n->tag)
			: err_at(e, n->pos, "%s: expected a text", what);
	s->name = what;
	s->pos = n->pos;
	s->dir = node_path(r->vars->arena, n, ".");
	return true;
}

static bool take_password_file(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	struct secret_source *s = &r->c->become_password;

	if (!secret(r, n, what, &s->file, e))
		return false;
	s->file = node_path(r->vars->arena, n, s->file);
	return true;
}

static bool take_password_command(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	struct secret_source *s = &r->c->become_password;

	if (s->file)
		return err_at(e, n->pos,
			"%s: certpush_become_password_file is said too: one of them", what);
	return secret(r, n, what, &s->command, e);
}

/* Only then is the file at its place the one that the text is in. */
static bool as_written(const struct vars *v, const struct node *n)
{
	for (size_t i = 0; i < v->n_layers; i++)
		for (size_t k = 0; k < v->layers[i]->n; k++)
			if (v->layers[i]->pairs[k].value == n)
				return true;
	return false;
}

static bool take_password(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	struct stat st;

	if (!n->tag && !as_written(r->vars, n))
		return err_at(e, n->pos,
			"%s: a password that is put together of variables: " OTHERWISE,
			what);
	if (!n->tag && (stat(n->pos.file, &st) < 0 || (st.st_mode & 077)))
		return err_at(e, n->pos,
			"%s: a password in clear, in a file that others can read: chmod 600 %.200s, or " OTHERWISE,
			what, n->pos.file);
	return secret(r, n, what, &r->c->become_password.clear, e);
}

/* Each method has Ansible's names of its own beside the common ones. */
#define METHOD(name)                                                                       \
	{                                                                                  \
		{ { "ansible_become_user", "ansible_" name "_user" }, take_user },         \
			{ { "ansible_become_exe", "ansible_" name "_exe" }, take_exe },    \
			{ { "ansible_become_flags", "ansible_" name "_flags" },            \
				take_flags },                                              \
		{                                                                          \
			{ "ansible_become_password", "ansible_become_pass",                \
				"ansible_" name "_pass" },                                 \
				take_password                                              \
		}                                                                          \
	}

enum { N_OF_METHOD = 4 };

static const struct variable of_method[][N_OF_METHOD] = { [BECOME_SUDO] = METHOD("sudo"),
	[BECOME_DOAS] = METHOD("doas"),
	[BECOME_SU] = METHOD("su") };

static const struct variable of_all[] = {
	{ { "ansible_become" }, take_become },
	{ { "ansible_become_method" }, take_method },
	{ { "certpush_become_password_file" }, take_password_file },
	{ { "certpush_become_password_command" }, take_password_command },
};

/* What isn't wanted isn't looked at: it may be for other tools only, and sealed. */
void become_read(struct reader *r)
{
	const struct secret_source *password = &r->c->become_password;
	const struct variable *method;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(of_all) && (i == 0 || r->c->become); i++)
		reader_take(r, &of_all[i]);
	method = of_method[r->c->become_method];
	for (size_t i = 0; r->c->become && i < N_OF_METHOD; i++)
		if (method[i].take != take_password || !secret_sources(password))
			reader_take(r, &method[i]);
	if (r->c->become_method == BECOME_DOAS && secret_sources(password) > 0) {
		err_at(&e, password->pos,
			"%s: doas takes a password from a terminal only: let it ask for none (`permit nopass` in its doas.conf), or use sudo or su",
			password->name);
		reader_fail(r, &e);
	}
}
