/* Bans and mutes as records, and in words. */
#include "room/restriction.h"

#include "base/clock.h"
#include "gchat/v1/record.pb-c.h"
#include "proto/codec.h"
#include "room/directory.h"
#include "room/name.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- records ---- */

enum record_kind restriction_record_kind(enum restriction_kind kind)
{
	return kind == RESTRICTION_BAN ? RECORD_BAN : RECORD_MUTE;
}

struct record_key restriction_key(const struct restriction_target *target)
{
	if (target->account_id)
		return record_key_pair(target->room_id, target->account_id);
	uint8_t bytes[sizeof(uint64_t) + sizeof(target->network)] = {0};
	memcpy(bytes + sizeof(uint64_t), &target->network, sizeof(target->network));
	return record_key_bytes(bytes, sizeof(bytes));
}

struct record_value restriction_encode(const struct restriction *restriction)
{
	struct restriction copy = *restriction;
	Gchat__V1__RestrictionRecord record;
	gchat__v1__restriction_record__init(&record);
	record.restriction_id = copy.id;
	record.room_id = copy.target.room_id;
	record.account_id = copy.target.account_id;
	if (!copy.target.account_id) {
		record.network = (ProtobufCBinaryData){
			.data = copy.target.network.address, .len = NETWORK_ADDRESS_BYTES};
		record.network_bits = copy.target.network.bits;
	}
	record.reason = copy.reason;
	record.author = copy.author;
	record.created_us = copy.created_us;
	record.expires_us = copy.expires_us;
	return record_encode(&record.base);
}

/* What is beyond the prefix is zero, or nothing would ever be found in it. */
static bool is_sound_network(const Gchat__V1__RestrictionRecord *r)
{
	uint8_t masked[NETWORK_ADDRESS_BYTES];
	if (r->network.len != NETWORK_ADDRESS_BYTES || r->network_bits == 0 ||
		r->network_bits > NETWORK_BITS_MAX)
		return false;
	memcpy(masked, r->network.data, sizeof(masked));
	network_mask(masked, r->network_bits);
	return memcmp(masked, r->network.data, sizeof(masked)) == 0;
}

static bool is_sound(enum restriction_kind kind, const Gchat__V1__RestrictionRecord *r)
{
	bool of_network = r->account_id == 0;
	return r->restriction_id > 0 && r->restriction_id <= INT64_MAX &&
	       strlen(r->author) < RESTRICTION_AUTHOR_BYTES &&
	       name_text_fits(r->reason, LIMIT_REASON_BYTES, true) &&
	       (!of_network || (kind == RESTRICTION_BAN && r->room_id == 0 && is_sound_network(r)));
}

bool restriction_decode(enum restriction_kind kind, const uint8_t *key, size_t key_len,
	const uint8_t *value, size_t value_len, struct restriction *ret)
{
	Gchat__V1__RestrictionRecord *r = (Gchat__V1__RestrictionRecord *)(void *)codec_load(
		&gchat__v1__restriction_record__descriptor, value, value_len);
	bool sound = r && is_sound(kind, r);
	if (sound) {
		*ret = (struct restriction){.kind = kind,
			.id = r->restriction_id,
			.target = {.room_id = r->room_id, .account_id = r->account_id},
			.created_us = r->created_us,
			.expires_us = r->expires_us};
		(void)snprintf(ret->reason, sizeof(ret->reason), "%s", r->reason);
		(void)snprintf(ret->author, sizeof(ret->author), "%s", r->author);
		if (!r->account_id) {
			memcpy(ret->target.network.address, r->network.data, NETWORK_ADDRESS_BYTES);
			ret->target.network.bits = (uint8_t)r->network_bits;
		}
		struct record_key own = restriction_key(&ret->target);
		sound = own.len == key_len && memcmp(own.bytes, key, key_len) == 0;
	}
	if (r)
		codec_free(&r->base);
	return sound;
}

/* ---- for people ---- */

void restriction_print(const struct restriction *r, char text[static RESTRICTION_WHEN_BYTES])
{
	char when[32] = "for ever";
	struct tm tm;
	time_t seconds = (time_t)(r->expires_us / CLOCK_US_PER_S);
	if (r->expires_us && gmtime_r(&seconds, &tm))
		(void)strftime(when, sizeof(when), "until %Y-%m-%d %H:%M UTC", &tm);
	(void)snprintf(
		text, RESTRICTION_WHEN_BYTES, "%s%s%s", when, r->reason[0] ? ": " : "", r->reason);
}

const char *restriction_explain(struct directory *d, const struct room *room,
	const struct account *account, enum reason reason, char text[static RESTRICTION_TEXT_BYTES])
{
	if (reason != REASON_BANNED && reason != REASON_MUTED)
		return NULL;
	enum restriction_kind kind = reason == REASON_BANNED ? RESTRICTION_BAN : RESTRICTION_MUTE;
	struct restriction_target target = {.account_id = account->id};
	struct restriction r;
	bool here = false;
	bool found = restriction_find(d, kind, &target, &r);
	if (!found && room) {
		target.room_id = room->id;
		here = found = restriction_find(d, kind, &target, &r);
	}
	if (!found) /* it has run out just now */
		return NULL;
	char when[RESTRICTION_WHEN_BYTES];
	restriction_print(&r, when);
	(void)snprintf(text, RESTRICTION_TEXT_BYTES, "you are %s %s %s",
		kind == RESTRICTION_BAN ? "banned" : "muted",
		here ? kind == RESTRICTION_BAN ? "from this room" : "in this room"
		: kind == RESTRICTION_BAN ? "from this server"
					  : "in all rooms",
		when);
	return text;
}
