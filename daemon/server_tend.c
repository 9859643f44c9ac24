/* What goes by itself with time, and a line for the administrator when an erasure is done. */
#include "server_priv.h"

#include "base/log.h"
#include "base/log_ids.h"
#include "room/erase.h"

static void say_erased(const struct erase_news *news)
{
	log_with(LOG_LEVEL_NOTICE, NULL, LOG_ID_ERASED,
		"what a deleted account had said is erased user=%s events=%llu unreadable=%llu",
		news->user, (unsigned long long)news->events, (unsigned long long)news->unreadable);
}

void server_tend(struct server *s)
{
	struct erase_news news;
	while (erase_take_news(s->directory->eraser, &news))
		say_erased(&news);
	if (clock_mono().us < s->next_tend.us)
		return;
	s->next_tend = clock_mono_add_ms(clock_mono(), SERVER_TEND_MS);
	tender_run(s->tender, clock_wall_us());
}
