/*
 * json - what the files of acme want of cJSON, and of the problem documents in it.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <cjson/cJSON.h>

DEFINE_AUTO(cJSON, json, cJSON_Delete)

/* One object and nothing after it; NULL for anything else. */
cJSON *json_read(const struct buf *text) NODISCARD;
/* A member that is a string, else NULL. */
const char *json_text(const cJSON *o, const char *name);
/* A copy of a member that must be an https URL. */
bool json_url(const cJSON *o, const char *name, char **url, struct err *e) NODISCARD;
/* An https URL that can go into a header as it is. */
bool url_good(const char *url);
/* malloc'ed. */
char *json_print(const cJSON *o) NODISCARD;

/*
 * A problem document (RFC 7807, RFC 8555 6.7) in one line: "dns: no TXT record
 * (sub.example: dns: …; …)". Appends nothing if it is none.
 */
void problem_tell(const cJSON *o, struct buf *line);
/* The last word of its type, into word[size]; "" if there is none. */
void problem_word(const cJSON *o, char *word, size_t size);
/* A member that is a problem, as an error of kind ERR_ACME; ERR_NONE if it is missing. */
void problem_member(const cJSON *o, const char *name, struct err *problem);
