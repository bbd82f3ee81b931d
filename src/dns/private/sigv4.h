/*
 * sigv4 - AWS Signature Version 4 of one request
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 *
 * Signs the host, the date and the body; knows no clock and sends nothing.
 */
#pragma once

#include "base/buf.h"

#include <time.h>

/* Who signs, and for what. */
struct sigv4 {
	const char *key_id;
	const struct buf *secret;
	const char *region, *service;
	const char *date; /* of the header X-Amz-Date: "20150830T123600Z" */
};

struct sigv4_request {
	const char *method, *host;
	const char *path;       /* percent-encoded */
	const char *query;      /* percent-encoded, its parameters in order; "" if none */
	const struct buf *body; /* NULL: none */
};

/* The value of the header Authorization, appended. */
void sigv4_authorize(
	const struct sigv4 *by, const struct sigv4_request *q, struct buf *out);

/* "20150830T123600Z", appended. */
void sigv4_date(time_t t, struct buf *out);
