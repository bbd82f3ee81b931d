#include "ssh/private/patience.h"
#include "base/buf.h"
#include "base/clock.h"
#include "digest/digest.h"
#include "ssh/private/complaint.h"

#include <unistd.h>

enum { TRIES = 4, MAX_LOG = 16 << 10 };

bool patience_wait(struct patience *p, int64_t deadline, struct err *e)
{
	uint16_t jitter;
	int pause;

	random_bytes(&jitter, sizeof jitter);
	pause = p->ms + jitter % (p->ms / 2);
	if (p->tries == TRIES || deadline_left(deadline) <= pause ||
		!clock_sleep_ms(pause, e))
		return false;
	p->tries++;
	p->ms *= 2;
	return true;
}

bool patience_for_proxy(int proxy_err)
{
	AUTO(buf) struct buf log = BUF_EMPTY;
	ssize_t n;

	if (proxy_err < 0)
		return true;
	buf_reserve(&log, MAX_LOG);
	n = pread(proxy_err, log.data, MAX_LOG, 0);
	log.data[n > 0 ? n : 0] = '\0';
	return n <= 0 || complaint_too_early(log.data);
}
