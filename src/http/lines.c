#include "base/alloc.h"
#include "http/private/http.h"

#include <pthread.h>

/*
 * Connections are not shared between threads (libcurl's own advice), but found names and
 * TLS sessions are: the second thread's handshake is an abbreviated one.
 */
struct lines {
	pthread_mutex_t lock;
	struct line *idle; /* the one used last comes first: its connection is warmest */
	CURLSH *share;
	pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];
};

static void enter(CURL *c, curl_lock_data what, curl_lock_access access, void *ctx)
{
	struct lines *all = ctx;

	(void)c;
	(void)access;
	pthread_mutex_lock(&all->share_locks[what]);
}

static void leave(CURL *c, curl_lock_data what, void *ctx)
{
	struct lines *all = ctx;

	(void)c;
	pthread_mutex_unlock(&all->share_locks[what]);
}

struct lines *lines_new(void)
{
	struct lines *all = xcalloc(1, sizeof *all);

	pthread_mutex_init(&all->lock, NULL);
	for (size_t i = 0; i < ARRAY_LEN(all->share_locks); i++)
		pthread_mutex_init(&all->share_locks[i], NULL);
	all->share = curl.share_init();
	if (!all->share)
		abort();
	curl.share_setopt(all->share, CURLSHOPT_USERDATA, all);
	curl.share_setopt(all->share, CURLSHOPT_LOCKFUNC, enter);
	curl.share_setopt(all->share, CURLSHOPT_UNLOCKFUNC, leave);
	curl.share_setopt(all->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl.share_setopt(all->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	return all;
}

static struct line *open_line(struct lines *all)
{
	struct line *l = xcalloc(1, sizeof *l);

	l->easy = curl.easy_init();
	l->multi = curl.multi_init();
	if (!l->easy || !l->multi)
		abort();
	curl.easy_setopt(l->easy, CURLOPT_SHARE, all->share);
	return l;
}

struct line *lines_take(struct lines *all)
{
	struct line *l;

	pthread_mutex_lock(&all->lock);
	l = all->idle;
	if (l)
		all->idle = l->next;
	pthread_mutex_unlock(&all->lock);
	return l ? l : open_line(all);
}

void lines_return(struct lines *all, struct line *l)
{
	pthread_mutex_lock(&all->lock);
	l->next = all->idle;
	all->idle = l;
	pthread_mutex_unlock(&all->lock);
}

void lines_free(struct lines *all)
{
	struct line *next;

	if (!all)
		return;
	for (struct line *l = all->idle; l; l = next) {
		next = l->next;
		curl.easy_cleanup(l->easy);
		curl.multi_cleanup(l->multi);
		free(l);
	}
	curl.share_cleanup(all->share);
	for (size_t i = 0; i < ARRAY_LEN(all->share_locks); i++)
		pthread_mutex_destroy(&all->share_locks[i]);
	pthread_mutex_destroy(&all->lock);
	free(all);
}
