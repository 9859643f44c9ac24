/* Sealed events for the tests of logs. */
#include "log.h"

#include "store/store.h"

#include <stdio.h>
#include <string.h>

struct event *log_event(uint64_t seq, uint64_t target, size_t text_bytes)
{
	char text[4096];
	memset(text, '.', sizeof(text));
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)seq);
	text[len] = '.';
	text[text_bytes < sizeof(text) ? text_bytes : sizeof(text) - 1] = '\0';
	Gchat__V1__Message said;
	Gchat__V1__Event body;
	gchat__v1__message__init(&said);
	gchat__v1__event__init(&body);
	said.text = text;
	body.author_id = 1 + seq % 2;
	body.author = (char[]){"ada"};
	body.body_case = GCHAT__V1__EVENT__BODY_MESSAGE;
	body.message = &said;
	struct event *event = event_new(&body, target, STORE_EVENT_COUNTED);
	event_seal(event, 1, seq, seq * 1000);
	return event;
}
