/*
 * report - what happened, told in the user's format.
 *
 * Work emits typed events and never formats, colours or counts; a sink does. Nobody else
 * prints. May be shared by threads: events come out whole, one after the other.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <time.h>

/* docs/events.md has a line for each, with its fields. */
enum event_kind {
	EVENT_SECTION, /* a chapter begins: detail is its title */
	EVENT_STEP,    /* progress: certificate or host, detail ("waiting for ovh's DNS") */
	EVENT_WARNING, /* detail; certificate, host, service if they matter */
	EVENT_NOTE,    /* only with -v: detail */

	EVENT_DUE,     /* certificate, not_after, detail (why) */
	EVENT_CURRENT, /* certificate, not_after: needs nothing */
	EVENT_ISSUED,  /* certificate, not_after, fingerprint */
	EVENT_REVOKED, /* certificate, detail (the reason) */
	EVENT_RECORD, /* certificate, item (its name), detail (type and data): what is to be
			 published */
	EVENT_PUBLISHED, /* certificate, item (its name), detail (type and data): it was
			    added */
	EVENT_WITHDRAWN, /* likewise: taken out */
	EVENT_SERVER,    /* a line of the table below a failure: certificate, host (a name
			    server), address, verdict (what it says), detail (its serial),
			    columns */
	EVENT_ACCOUNT,   /* ca, verdict (what it is now), address (its URL), detail */

	EVENT_OK,        /* host, service: files and process are as they should be; detail:
			    all that was planned is there already */
	EVENT_CHANGED,   /* host, service, item (file name), path, part, detail (why),
			    fingerprint, not_after, the old ones, names, diff */
	EVENT_BUILT,     /* host, service, item (command), detail as for reloaded */
	EVENT_VALIDATED, /* host, service, item (command) */
	EVENT_RELOADED,  /* host, service, item (command), detail (why, if no file changed)
			  */
	EVENT_RESTARTED, /* host, service, item (command) */
	EVENT_VERIFIED,  /* host, service, protocol, address, not_after, fingerprint */

	/*
	 * check-remote: host, service, protocol, item (the name that was asked for, where
	 * several are), address, verdict, not_after, fingerprint,
	 * detail; all of a host's one after the other, for the text has a heading per host
	 */
	EVENT_PROBE,
	EVENT_HOST_KEY, /* hosts trust: host, item (type), verdict, fingerprint, path (the
			   file, with its line), detail; all of a host's one after the other
			 */
	EVENT_TRUSTED,  /* host, item (type), fingerprint, path (the file), detail */
	EVENT_EXPIRY,   /* check: certificate, not_after, detail */

	EVENT_OWED, /* host, until (when its window opens), detail (the services) */
	EVENT_HELD, /* host, service, detail (when): until its TLSA record counts */

	EVENT_FAILED,      /* certificate or host; service; detail: one clear line */
	EVENT_UNREACHABLE, /* host, detail */

	EVENT_RECAP,   /* host, counts */
	EVENT_SUMMARY, /* detail: the last line */
	EVENT_TEXT,    /* detail: a finished document, printed as it is, also with -q */
	EVENT_ERROR,   /* detail, pos: report_error */
	N_EVENT_KINDS
};

struct recap {
	int columns; /* of the longest host name of the run: text aligns by it */
	int ok, changed, reloaded, verified, unreachable, failed;
	int owed; /* services whose push waits for the host's window */
};

/* How wide a table's texts are. */
struct columns {
	int host, address, verdict;
};

/* As monitoring plugins have them. */
enum event_level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL, LEVEL_UNKNOWN };
enum event_match { MATCH_UNKNOWN, MATCH_YES, MATCH_NO };

/* Texts are not owned and may be NULL; they are used only during the call. */
struct event {
	enum event_kind kind;
	const char *certificate, *host, *service, *ca;
	const char *item, *path, *part;
	const char *protocol, *address; /* address: "192.0.2.7:25", "[2001:db8::1]:25", a
					  URL */
	const char *verdict; /* "ok" or what is wrong, in a word: "older", "foreign" … */
	const char *fingerprint; /* SHA-256, hex; of a host key "SHA256:…", as OpenSSH has
				    it */
	const char *old_fingerprint; /* CHANGED: of what was there */
	const char *detail;
	/* PROBE: "p256", "rsa2048"; "ecdsa-with-SHA256"; "TLSv1.3 TLS_AES_256_GCM_SHA384"
	 */
	const char *key_type, *signature, *tls;
	const char *warning;    /* PROBE: beside the verdict */
	const char *name, *key; /* PROBE: what was asked for: SNI; "rsa" or "ecdsa" */
	/* PROBE: of the certificate, for labels: CNs, and its number in decimal */
	const char *subject, *issuer, *serial;
	enum event_level level; /* PROBE, EXPIRY: by the verdict and what is left of it */
	/* PROBE, CURRENT and EXPIRY of check: the seconds below which it is a level */
	time_t warn, crit;
	enum event_match match; /* PROBE: with the store's */
	double seconds;         /* PROBE: that it took; 0: it wasn't asked */
	time_t chain_not_after; /* PROBE: the first end in the verified chain; 0: none */
	time_t not_before, not_after; /* 0: none */
	time_t old_not_after;
	time_t until; /* OWED, and the warning of what is owed */
	/* CHANGED: names, NULL or ended by NULL; lines of what was there and what is, or
	 * NULL */
	const char *const *gained, *const *lost;
	const char *diff;
	bool dry;     /* it would be done: plan and -n */
	bool alone;   /* PROBE: no other host was asked for, so no heading is needed */
	bool several; /* PROBE: the host has several addresses, so each line tells its own
		       */
	bool more;    /* VERIFIED: one more address of the check that was told before */
	const struct pos *pos; /* ERROR: where in a file */
	const struct recap *recap;
	const struct columns *columns; /* SERVER */
};

/* When a certificate ends, or the first of a probe's verified chain; 0: unknown. */
time_t event_end(const struct event *ev);

enum report_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_NAGIOS, FORMAT_PROMETHEUS };

struct report_options {
	enum report_format format;
	const char *verb; /* PROMETHEUS: what ran */
	const char *file; /* PROMETHEUS: written by one rename; NULL: stdout */
	bool aliases;     /* PROMETHEUS: also by the names that other exporters have */
	int verbose;      /* 0, 1 … for each -v */
	bool quiet;       /* results are not printed; failures are */
	bool colour;
	bool progress; /* a line that is redrawn: only on a terminal */
};

struct report;

/*
 * Results go to stdout, failures and warnings to stderr (text) or all to stdout (JSON). A
 * section's banner waits for the first line that is shown below it; if only a summary
 * follows, it is left out. Nagios and Prometheus get what was told at the end, once.
 */
struct report *report_new(const struct report_options *o) NODISCARD;
void report_free(struct report *r); /* ends a progress line */
DEFINE_AUTO(struct report, report, report_free)

/*
 * After the last event, with the exit status (0: all as it should be; 1: it isn't; more:
 * nothing could be found out): tell what has waited. Returns the status that the format
 * wants; it isn't 0 if something could not be written: a full disk, a closed pipe.
 */
int report_finish(struct report *r, int status) NODISCARD;

void report_emit(struct report *r, const struct event *ev);

/* Short forms of the commonest. */
void report_section(struct report *r, const char *title);
void report_warn(struct report *r, const char *fmt, ...) PRINTF(2, 3);
void report_note(struct report *r, const char *fmt, ...) PRINTF(2, 3);
void report_text(struct report *r, const char *text);

/*
 * Is there somebody to ask: a terminal that this run is in the foreground of, and standard
 * error leads to one?
 */
bool report_can_ask(const struct report *r);

/*
 * Ask there for one line, which is shown as it is typed unless it is hidden; its end is
 * dropped. What is reported meanwhile comes out afterwards. ERR_STOPPED, ERR_TIMEOUT after
 * five minutes, ERR_IO. One at a time.
 */
struct buf;
bool report_ask(struct report *r, const char *question, bool hidden, struct buf *answer,
	struct err *e) NODISCARD;

/* "certpush: file:line:col: message" to stderr, or an event in JSON. */
void report_error(struct report *r, const struct err *e);
