#include "base/stop.h"
#include "cli/verb.h"
#include "dns/dns.h"
#include "ssh/ssh.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Keys are in memory: no core dumps, no other process of this user that reads along. The
 * leak check of AddressSanitizer must read along, though.
 */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 0);
#endif
	umask(077);
}

/*
 * A standard stream that was closed must not become a socket that prints go into. Opened
 * the wrong way round, so that using it still fails.
 */
static void fill_streams(void)
{
	int fd;

	do
		fd = open("/dev/null",
			fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static bool in_colour(const struct options *o)
{
	const char *no_color = getenv("NO_COLOR");

	if (o->colour == COLOUR_AUTO)
		return isatty(STDOUT_FILENO) && !(no_color && *no_color);
	return o->colour == COLOUR_ALWAYS;
}

static struct report *open_report(const struct options *o)
{
	const struct report_options options = {
		.format = o->format,
		.verb = o->verb,
		.file = o->out,
		.aliases = o->metric_aliases,
		.verbose = o->verbose,
		.quiet = o->quiet,
		.colour = in_colour(o),
		.progress = o->format == FORMAT_TEXT && !o->quiet && isatty(STDERR_FILENO),
	};

	return report_new(&options);
}

static int run_verb(struct context *c, const struct verb *v)
{
	const struct options *o = c->options;
	unsigned needs = v->needs;
	int status;

	if (o->dry) /* it writes nothing, so it needn't keep others out */
		needs &= ~(unsigned)NEED_LOCK;
	if (o->push)
		needs |= NEED_INVENTORY;
	if (o->out && v->bit == VERB_PLAN) /* what is planned is what the store holds at one
					      time; and its id is kept */
		needs |= NEED_LOCK;
	if (!context_load(c, needs, v->name, &status))
		return status;
	status = v->run(c);
	return stop_requested() ? EXIT_STOPPED : status;
}

static int tell_version(struct context *c)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;
	const char *validator = dns_validator(&e);

	buf_puts(&text, "certpush " CERTPUSH_VERSION "\n");
	if (validator)
		buf_printf(&text, "DNSSEC: by libunbound %s\n", validator);
	else
		buf_printf(&text, "DNSSEC: not looked at: %s\n", e.msg);
	report_text(c->report, text.data);
	return EXIT_OK;
}

static int tell_help(struct context *c, const struct verb *v)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (v)
		help_verb(&text, v);
	else
		help_overview(&text);
	report_text(c->report, text.data);
	return EXIT_OK;
}

static int run(struct context *c)
{
	const struct options *o = c->options;
	const struct verb *v = NULL;
	struct err e = { 0 };

	if (o->version) {
		return tell_version(c);
	}
	if (o->verb) {
		v = verb_find(o->verb, &e);
		if (!v || (!o->help && !options_fit(o, v->bit, &e)))
			return tell_error(c, &e);
	}
	if (o->help)
		return tell_help(c, v);
	if (v)
		return run_verb(c, v);
	tell_help(c, NULL);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	AUTO(context) struct context c = { 0 };
	AUTO(options) struct options o;
	struct err e = { 0 };
	bool read;
	int status;

	fill_streams();
	harden();
	stop_init();
	ssh_init();
	read = options_read(&o, argc, argv, &e);
	c.options = &o;
	c.report = open_report(&o);
	status = report_finish(c.report, read ? run(&c) : tell_error(&c, &e));
	report_free(c.report);
	return status;
}
