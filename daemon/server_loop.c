/* The main thread: signals, presence, retention, the watchdog, the line for systemctl status. */
#include "server_priv.h"

#include "base/log.h"
#include "base/notify.h"
#include "room/expire.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	STATUS_MS = 5000
};

static void tell_room(void *arg, uint64_t room_id, const uint8_t *wire, size_t len)
{
	hub_tell_rooms(arg, &room_id, 1,
		&(struct hub_update){.want = UPDATE_PRESENCE, .wire = wire, .len = len});
}

static bool is_due(struct mono *next, struct mono now, int64_t interval_ms)
{
	if (interval_ms <= 0 || now.us < next->us)
		return false;
	*next = clock_mono_add_ms(now, interval_ms);
	return true;
}

static void look_at_timers(struct server *s)
{
	struct mono now = clock_mono();
	(void)presence_tick(s->presence, now, tell_room, s->hub);
	if (directory_ring_held(s->directory))
		hub_kick(s->hub);
	server_watch_store(s);
	watch_tick(&s->service.watch, now);
	server_watch_certificate(s);
	server_tend(s);
	if (is_due(&s->next_sweep, now, s->config->retention.interval_s * CLOCK_MS_PER_S)) {
		server_sweep(s);
		expire_start(s->directory);
		server_sweep_audit(s);
	}
	server_feed_watchdog(s);
	if (is_due(&s->next_status, now, STATUS_MS))
		notify_status("%s%u sessions on %zu connections",
			atomic_load(&s->service.draining) ? "draining: " : "",
			atomic_load(&s->hub->session_count), acceptor_count(s->service.acceptor));
}

/* True: the daemon is to end. */
static bool take_signal(struct server *s)
{
	struct signalfd_siginfo info;
	if (read(s->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	if (info.ssi_signo != SIGHUP) {
		log_info("signal %u: stopping", info.ssi_signo);
		return true;
	}
	struct reload reload = {0};
	server_reload(s, &reload);
	reload_deinit(&reload);
	return false;
}

void server_loop(struct server *s)
{
	struct pollfd fds[] = {
		{.fd = s->signals, .events = POLLIN}, {.fd = s->box.wake, .events = POLLIN}};
	for (;;) {
		int interval_ms = (int)s->config->delivery.presence_interval_ms;
		enum {
			INTERVAL_MIN_MS = 50,
			INTERVAL_MAX_MS = 1000
		};
		if (interval_ms < INTERVAL_MIN_MS)
			interval_ms = INTERVAL_MIN_MS;
		if (interval_ms > INTERVAL_MAX_MS)
			interval_ms = INTERVAL_MAX_MS;
		int ready = poll(fds, GC_LENGTH(fds), interval_ms);
		if (ready > 0 && fds[1].revents)
			server_take_letters(s);
		if (ready > 0 && fds[0].revents && take_signal(s))
			return;
		look_at_timers(s);
	}
}
