/*
 * The room's own: what the files of http share.
 */
#pragma once

#include "http/http.h"

#include <curl/curl.h>

/* curl.c: libcurl, loaded for the first http_new. What is called of it, without "curl_". */
/* clang-format off */
#define CURL_CALLS(X) \
	X(easy_cleanup) X(easy_getinfo) X(easy_init) X(easy_reset) X(easy_setopt) \
	X(easy_strerror) X(getdate) X(global_init) X(multi_add_handle) X(multi_cleanup) \
	X(multi_info_read) X(multi_init) X(multi_perform) X(multi_poll) \
	X(multi_remove_handle) X(share_cleanup) X(share_init) X(share_setopt) \
	X(slist_append) X(slist_free_all)
/* clang-format on */
struct curl {
#define POINTER(call) __typeof__(curl_##call) *call; /* NOLINT: a name, not a value */
	CURL_CALLS(POINTER)
#undef POINTER
};
extern struct curl curl;
/* Before anything of it is called. */
bool curl_load(struct err *e) NODISCARD;

struct http {
	char *ca_file;
	char *user_agent;
	size_t max_body;
	struct lines *lines;
};

/* One request in flight: what curl's callbacks fill. */
struct flight {
	struct http_response *response;
	size_t max_body;
	size_t header_bytes;
	const char *refused; /* why a callback broke the transfer off, or NULL */
	char curl_says[CURL_ERROR_SIZE];
};

/* answer.c: curl's callbacks, and what they leave. */
void answer_receive(CURL *c, struct flight *f);
void answer_finish(CURL *c, struct flight *f);

/* fault.c: a failed transfer in a person's words. Returns false. */
bool fault_tell(
	CURL *c, CURLcode code, const struct flight *f, const char *url, struct err *e);
/* The URL without user, password, query and fragment. */
void fault_url(struct buf *out, const char *url);

/*
 * lines.c: an easy handle with a multi of its own, so that its connections outlive the
 * request; taken by one thread at a time.
 */
struct line {
	CURL *easy;
	CURLM *multi;
	struct line *next;
};
struct lines *lines_new(void) NODISCARD;
void lines_free(struct lines *all);
struct line *lines_take(struct lines *all) NODISCARD;
void lines_return(struct lines *all, struct line *l);

/* retry_after.c: seconds from `now`; -1 for what is neither seconds nor a date. */
int retry_after_parse(const char *value, time_t now);
