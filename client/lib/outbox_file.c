/*
 * The outbox's file: records one after the other, each
 *
 *   type (1 byte) | length (4 bytes, little endian) | check (8 bytes) | payload
 *
 * where check is the start of SHA-256 over type, length and payload.
 */
#include "lib/outbox.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "proto/codec.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAD_BYTES = 5,
	CHECK_BYTES = 8,
	RECORD_BYTES = HEAD_BYTES + CHECK_BYTES,
	TIME_BYTES = 8,
};

/* What is left of a file. */
struct rest {
	const uint8_t *at;
	size_t len;
};

static void put_little_endian(uint8_t *out, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_little_endian(const uint8_t *in, unsigned bytes)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)in[i] << (8 * i);
	return value;
}

static void make_check(const uint8_t head[HEAD_BYTES], const uint8_t *payload, size_t len,
	uint8_t ret[CHECK_BYTES])
{
	uint8_t inner[SHA256_DIGEST_LENGTH + HEAD_BYTES];
	uint8_t outer[SHA256_DIGEST_LENGTH];
	(void)SHA256(payload, len, inner);
	memcpy(inner + SHA256_DIGEST_LENGTH, head, HEAD_BYTES);
	(void)SHA256(inner, sizeof(inner), outer);
	memcpy(ret, outer, CHECK_BYTES);
}

uint8_t *outbox_record_make(
	enum outbox_record type, const uint8_t *payload, size_t len, size_t *ret_len)
{
	uint8_t *record = mem_new(1, RECORD_BYTES + len);
	record[0] = (uint8_t)type;
	put_little_endian(record + 1, len, 4);
	memcpy(record + RECORD_BYTES, payload, len);
	make_check(record, record + RECORD_BYTES, len, record + HEAD_BYTES);
	*ret_len = RECORD_BYTES + len;
	return record;
}

uint8_t *outbox_record_added(const struct outbox_entry *entry, size_t *ret_len)
{
	uint8_t *payload GC_CLEANUP(mem_freep) = mem_new(1, TIME_BYTES + entry->len);
	put_little_endian(payload, entry->time_us, TIME_BYTES);
	memcpy(payload + TIME_BYTES, entry->frame, entry->len);
	return outbox_record_make(OUTBOX_RECORD_ADDED, payload, TIME_BYTES + entry->len, ret_len);
}

/* The id of a frame that belongs into an outbox, and its kind; NULL: it doesn't. */
static const ProtobufCBinaryData *describe_frame(
	const Gchat__V1__ClientFrame *frame, enum gchat_request *ret)
{
	const ProtobufCBinaryData *id = NULL;
	if (frame->request_case == GCHAT__V1__CLIENT_FRAME__REQUEST_SEND) {
		*ret = GCHAT_REQUEST_SEND;
		id = &frame->send->client_msg_id;
	} else if (frame->request_case == GCHAT__V1__CLIENT_FRAME__REQUEST_EDIT) {
		*ret = GCHAT_REQUEST_EDIT;
		id = &frame->edit->client_msg_id;
	} else if (frame->request_case == GCHAT__V1__CLIENT_FRAME__REQUEST_DELETE) {
		*ret = GCHAT_REQUEST_DELETE;
		id = &frame->delete_->client_msg_id;
	} else if (frame->request_case == GCHAT__V1__CLIENT_FRAME__REQUEST_REACT) {
		*ret = GCHAT_REQUEST_REACT;
		id = &frame->react->client_msg_id;
	}
	return id && id->len == GCHAT_ID_BYTES ? id : NULL;
}

struct outbox_entry *outbox_entry_new(const Gchat__V1__ClientFrame *frame)
{
	enum gchat_request request = GCHAT_REQUEST_SEND;
	const ProtobufCBinaryData *id = describe_frame(frame, &request);
	if (!id || frame->request_id == 0)
		return NULL;
	struct outbox_entry *entry = mem_new(1, sizeof(*entry));
	entry->request = request;
	entry->tag = frame->request_id;
	memcpy(entry->id, id->data, GCHAT_ID_BYTES);
	entry->frame = codec_encode_new(&frame->base, &entry->len);
	entry->time_us = clock_wall_us();
	return entry;
}

void outbox_entry_free(struct outbox_entry *entry)
{
	if (entry)
		free(entry->frame);
	free(entry);
}

static struct outbox_entry *find_id(struct outbox_entries *entries, const uint8_t *id)
{
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, entries, next)
		if (memcmp(entry->id, id, GCHAT_ID_BYTES) == 0)
			return entry;
	return NULL;
}

static void load_added(struct outbox_entries *entries, const uint8_t *payload, size_t len)
{
	ProtobufCMessage *msg = len > TIME_BYTES ? codec_load(&gchat__v1__client_frame__descriptor,
							   payload + TIME_BYTES, len - TIME_BYTES)
						 : NULL;
	struct outbox_entry *entry = msg ? outbox_entry_new((void *)msg) : NULL;
	codec_free(msg);
	if (entry && entry->tag > OUTBOX_TAG_MAX) { /* not written by us: none could follow it */
		outbox_entry_free(entry);
		entry = NULL;
	}
	if (!entry)
		return;
	entry->earlier = true;
	entry->time_us = get_little_endian(payload, TIME_BYTES);
	if (find_id(entries, entry->id))
		outbox_entry_free(entry); /* taken over twice, with a crash in between */
	else
		TAILQ_INSERT_TAIL(entries, entry, next);
}

static void load_done(struct outbox_entries *entries, const uint8_t *payload, size_t len)
{
	struct outbox_entry *entry = len == GCHAT_ID_BYTES ? find_id(entries, payload) : NULL;
	if (entry)
		TAILQ_REMOVE(entries, entry, next);
	outbox_entry_free(entry);
}

/* Takes one sound record off the front. False: the rest is torn. */
static bool load_record(struct outbox_entries *entries, struct rest *rest)
{
	if (rest->len < RECORD_BYTES)
		return false;
	size_t len = (size_t)get_little_endian(rest->at + 1, 4);
	const uint8_t *payload = rest->at + RECORD_BYTES;
	uint8_t check[CHECK_BYTES];
	if (len > rest->len - RECORD_BYTES)
		return false;
	make_check(rest->at, payload, len, check);
	if (memcmp(check, rest->at + HEAD_BYTES, CHECK_BYTES) != 0)
		return false;
	if (rest->at[0] == OUTBOX_RECORD_ADDED)
		load_added(entries, payload, len);
	else if (rest->at[0] == OUTBOX_RECORD_DONE)
		load_done(entries, payload, len);
	rest->at += RECORD_BYTES + len;
	rest->len -= RECORD_BYTES + len;
	return true;
}

int outbox_file_load(
	const char *path, struct outbox_entries *entries, size_t *ret_count, size_t *ret_bytes)
{
	char *data GC_CLEANUP(mem_freep) = NULL;
	size_t len = 0;
	int r = fd_read_file(path, OUTBOX_FILE_BYTES_MAX, &data, &len);
	if (r < 0 && r != -ENOENT)
		return err_pass(r);
	struct rest rest = {.at = (const uint8_t *)data, .len = data ? len : 0};
	while (rest.len > 0 && load_record(entries, &rest))
		continue;
	*ret_bytes = (data ? len : 0) - rest.len;
	*ret_count = 0;
	struct outbox_entry *entry;
	TAILQ_FOREACH (entry, entries, next)
		(*ret_count)++;
	return 0;
}
