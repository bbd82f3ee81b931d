#include "cli/verb.h"

void help_overview(struct buf *out)
{
	buf_puts(out,
		"certpush - renew TLS certificates, push them to hosts, prove what is served\n\n"
		"usage: certpush [OPTION...] VERB [OPTION...] [WORD...]\n\n");
	for (size_t i = 0; i < n_verbs; i++)
		buf_printf(out, "  %-13s %s\n", verbs[i].name, verbs[i].summary);
	buf_puts(out, "\n");
	options_help(out, VERB_ALL);
	buf_puts(out,
		"\ncertpush VERB --help tells more.\n"
		"\nExit status: 0 all as it should be; 1 something failed or isn't as it should be;\n"
		"2 usage or configuration; 3 another run holds the lock; 130 interrupted.\n");
}

void help_verb(struct buf *out, const struct verb *v)
{
	AUTO(buf) struct buf own = BUF_EMPTY;

	buf_printf(out, "certpush %s - %s\n\nusage: certpush %s [OPTION...]%s%s\n", v->name,
		v->summary, v->name, *v->usage ? " " : "", v->usage);
	if (v->help)
		buf_printf(out, "\n%s", v->help);
	options_help(&own, v->bit);
	if (own.len > 0)
		buf_printf(out, "\n%s", own.data);
	buf_puts(out, "\nand as for every verb:\n");
	options_help(out, VERB_ALL);
}

int cmd_help(struct context *c)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	const struct options *o = c->options;
	struct err e = { 0 };
	const struct verb *v = NULL;

	if (o->n_words > 0) {
		v = verb_find(o->words[0], &e);
		if (!v)
			return tell_error(c, &e);
		help_verb(&text, v);
	} else {
		help_overview(&text);
	}
	report_text(c->report, text.data);
	return EXIT_OK;
}
