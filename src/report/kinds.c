#include "base/text.h"
#include "report/private/report.h"

const char *event_name(enum event_kind kind)
{
	static const char *const names[N_EVENT_KINDS] = {
		[EVENT_SECTION] = "section",
		[EVENT_STEP] = "step",
		[EVENT_WARNING] = "warning",
		[EVENT_NOTE] = "note",
		[EVENT_DUE] = "due",
		[EVENT_CURRENT] = "current",
		[EVENT_ISSUED] = "issued",
		[EVENT_REVOKED] = "revoked",
		[EVENT_RECORD] = "record",
		[EVENT_PUBLISHED] = "published",
		[EVENT_WITHDRAWN] = "withdrawn",
		[EVENT_SERVER] = "server",
		[EVENT_ACCOUNT] = "account",
		[EVENT_OK] = "ok",
		[EVENT_CHANGED] = "changed",
		[EVENT_BUILT] = "built",
		[EVENT_VALIDATED] = "validated",
		[EVENT_RELOADED] = "reloaded",
		[EVENT_RESTARTED] = "restarted",
		[EVENT_VERIFIED] = "verified",
		[EVENT_PROBE] = "probe",
		[EVENT_HOST_KEY] = "host_key",
		[EVENT_TRUSTED] = "trusted",
		[EVENT_EXPIRY] = "expiry",
		[EVENT_OWED] = "owed",
		[EVENT_HELD] = "held",
		[EVENT_FAILED] = "failed",
		[EVENT_UNREACHABLE] = "unreachable",
		[EVENT_RECAP] = "recap",
		[EVENT_SUMMARY] = "summary",
		[EVENT_TEXT] = "text",
		[EVENT_ERROR] = "error",
	};

	return names[kind];
}

const char *level_name(enum event_level level)
{
	static const char *const names[] = {
		[LEVEL_OK] = "ok",
		[LEVEL_WARNING] = "warning",
		[LEVEL_CRITICAL] = "critical",
		[LEVEL_UNKNOWN] = "unknown",
	};

	return names[level];
}

time_t event_end(const struct event *ev)
{
	if (ev->chain_not_after && ev->chain_not_after < ev->not_after)
		return ev->chain_not_after;
	return ev->not_after;
}

bool event_is_trouble(const struct event *ev)
{
	static const bool troubles[N_EVENT_KINDS] = {
		[EVENT_WARNING] = true,
		[EVENT_EXPIRY] = true,
		[EVENT_SERVER] = true,
		[EVENT_FAILED] = true,
		[EVENT_UNREACHABLE] = true,
		[EVENT_ERROR] = true,
	};

	if (ev->kind == EVENT_PROBE)
		return !text_eq(ev->verdict, "ok") || ev->level != LEVEL_OK;
	if (ev->kind == EVENT_HOST_KEY)
		return !text_eq(ev->verdict, "known");
	return troubles[ev->kind];
}
