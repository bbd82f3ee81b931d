#include "base/alloc.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/verb.h"
#include "renew/account.h"

static void tell(const struct context *c, const struct account *a, const char *what,
	const char *detail)
{
	const struct event ev = {
		.kind = EVENT_ACCOUNT,
		.ca = a->ca->name,
		.verdict = what,
		.address = a->acme ? acme_account_url(a->acme) : NULL,
		.detail = detail,
	};

	report_emit(c->report, &ev);
}

static bool show(const struct context *c, struct account *a, struct err *e)
{
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	AUTO(buf) struct buf more = BUF_EMPTY;
	bool found;

	if (!account_look(a, &info, &found, e))
		return false;
	if (a->key)
		buf_printf(&more, "%s key", key_name(a->key));
	for (size_t i = 0; i < info.n_contact; i++)
		buf_printf(&more, ", %s", info.contact[i]);
	tell(c, a, found ? acme_status_name(info.status) : "none yet",
		more.len ? more.data : NULL);
	return true;
}

static bool enrol(const struct context *c, struct account *a, struct err *e)
{
	bool registered;

	if (!account_register(a, &registered, e))
		return false;
	tell(c, a, registered ? "registered" : "registered before", NULL);
	return true;
}

static bool roll_over(const struct context *c, struct account *a, struct err *e)
{
	if (!account_rollover(a, e))
		return false;
	tell(c, a, "has a new key", key_name(a->key));
	return true;
}

static bool end(const struct context *c, struct account *a, struct err *e)
{
	if (!account_deactivate(a, e))
		return false;
	tell(c, a, "deactivated", NULL);
	return true;
}

static const struct action {
	const char *name;
	bool (*run)(const struct context *c, struct account *a, struct err *e);
	bool wants_ca; /* it is not for all of them at once */
} actions[] = {
	{ "show", show, false },
	{ "register", enrol, false },
	{ "rollover", roll_over, true },
	{ "deactivate", end, true },
};

static const struct action *action_of(const struct options *o, struct err *e)
{
	const char *names[ARRAY_LEN(actions) + 1] = { NULL };
	const char *word = o->n_words > 0 ? o->words[0] : "";
	const char *near;

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (text_eq(actions[i].name, word))
			return &actions[i];
		names[i] = actions[i].name;
	}
	near = text_nearest(word, names);
	if (near)
		err_set(e, ERR_USAGE, "account: unknown action '%s': did you mean %s?",
			word, near);
	else
		err_set(e, ERR_USAGE, "account: show, register, rollover or deactivate?");
	return NULL;
}

static bool find_ca(const struct settings *s, const char *word,
	const struct ca_settings **ca, struct err *e)
{
	AUTO(buf) struct buf names = BUF_EMPTY;

	for (size_t i = 0; i < s->n_cas; i++) {
		*ca = s->cas[i];
		if (text_eq((*ca)->name, word))
			return true;
		buf_printf(&names, "%s%s", i ? ", " : "", s->cas[i]->name);
	}
	return err_set(
		e, ERR_USAGE, "no CA '%s' in %s, only: %s", word, s->file, names.data);
}

/* One CA's failure leaves the others going. Its exit status. */
static int act(
	const struct context *c, const struct action *action, const struct ca_settings *ca)
{
	AUTO(account) struct account a = { 0 };
	struct err e = { 0 };

	if (account_check(ca, &e) && account_reach(&a, ca, c->settings->accounts, &e) &&
		action->run(c, &a, &e))
		return EXIT_OK;
	if (e.pos.line)
		return tell_error(c, &e);
	report_emit(c->report,
		&(struct event){ .kind = EVENT_FAILED, .ca = ca->name, .detail = e.msg });
	return exit_status(&e);
}

/* *only is the CA that is meant; NULL: all of them. */
static bool which(const struct context *c, const struct action *action,
	const struct ca_settings **only, struct err *e)
{
	const struct options *o = c->options;
	const struct settings *s = c->settings;

	*only = NULL;
	if (o->n_words > 2)
		return err_set(
			e, ERR_USAGE, "account %s: one CA, not several", action->name);
	if (o->n_words == 2)
		return find_ca(s, o->words[1], only, e);
	return !action->wants_ca || s->n_cas == 1 ||
		err_set(e, ERR_USAGE, "account %s: at which CA?", action->name);
}

int cmd_account(struct context *c)
{
	const struct settings *s = c->settings;
	const struct ca_settings *only;
	struct err e = { 0 };
	const struct action *action = action_of(c->options, &e);
	int status = EXIT_OK, one;

	if (!action || !which(c, action, &only, &e))
		return tell_error(c, &e);
	for (size_t i = 0; i < s->n_cas && !stop_requested(); i++)
		if (!only || s->cas[i] == only) {
			one = act(c, action, s->cas[i]);
			status = status == EXIT_OK ? one : status;
		}
	return status;
}
