/*
 * Of the static table only :status is looked up: the other names that a gRPC response uses are not
 * in it, or don't matter here.
 */
#include "h2/hpack.h"

#include "base/err.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
	HPACK_STATUS_FIRST = 8, /* static table: ":status" stands at 8 to 14 */
	HPACK_STATUS_LAST = 14,
	HPACK_INT_MAX = 1 << 24, /* no string or index of ours is longer */
};

struct reader {
	const uint8_t *at;
	const uint8_t *end;
};

void hpack_put_int(struct h2_bytes *out, uint8_t first, unsigned bits, size_t value)
{
	size_t top = (1u << bits) - 1;
	uint8_t *p = h2_bytes_room(out, 12);
	size_t n = 0;
	if (value < top) {
		p[n++] = (uint8_t)(first | value);
	} else {
		p[n++] = (uint8_t)(first | top);
		for (value -= top; value >= 128; value >>= 7)
			p[n++] = (uint8_t)(value | 128);
		p[n++] = (uint8_t)value;
	}
	out->end += n;
}

static void put_string(struct h2_bytes *out, const char *s)
{
	size_t len = strlen(s);
	hpack_put_int(out, 0, 7, len);
	h2_bytes_add(out, s, len);
}

void hpack_put(struct h2_bytes *out, const char *name, const char *value)
{
	hpack_put_int(out, 0, 4, 0);
	put_string(out, name);
	put_string(out, value);
}

static int read_int(struct reader *r, unsigned bits, size_t *ret_value)
{
	if (r->at == r->end)
		return err_raise(-EBADMSG);
	size_t top = (1u << bits) - 1;
	size_t value = *r->at++ & top;
	for (unsigned shift = 0; value >= top; shift += 7) {
		if (r->at == r->end || shift > 21)
			return err_raise(-EBADMSG);
		uint8_t b = *r->at++;
		value += (size_t)(b & 127) << shift;
		if (!(b & 128))
			break;
	}
	*ret_value = value;
	return value > HPACK_INT_MAX ? err_raise(-EBADMSG) : 0;
}

static int read_string(struct reader *r, const char **ret_s, size_t *ret_len)
{
	if (r->at == r->end)
		return err_raise(-EBADMSG);
	bool huffman = *r->at & 128;
	size_t len = 0;
	int e = read_int(r, 7, &len);
	if (e < 0)
		return err_pass(e);
	if ((size_t)(r->end - r->at) < len)
		return err_raise(-EBADMSG);
	*ret_s = (const char *)r->at;
	*ret_len = huffman ? 0 : len;
	r->at += len;
	return 0;
}

static void name_at(size_t index, struct hpack_header *h)
{
	bool status = index >= HPACK_STATUS_FIRST && index <= HPACK_STATUS_LAST;
	h->name = status ? ":status" : "";
	h->name_len = strlen(h->name);
}

static void value_at(size_t index, struct hpack_header *h)
{
	static const char *const values[] = {"200", "204", "206", "304", "400", "404", "500"};
	bool status = index >= HPACK_STATUS_FIRST && index <= HPACK_STATUS_LAST;
	h->value = status ? values[index - HPACK_STATUS_FIRST] : "";
	h->value_len = strlen(h->value);
}

/* The forms of section 6: 1xxxxxxx indexed, 01xxxxxx and 000xxxxx literal, 001xxxxx table size. */
static int read_header(struct reader *r, struct hpack_header *h)
{
	size_t index = 0;
	uint8_t form = *r->at;
	int e = read_int(r, form & 128 ? 7 : form & 64 ? 6 : form & 32 ? 5 : 4, &index);
	if (e < 0)
		return err_pass(e);
	if (form & 128 || (form & 224) == 32) {
		name_at(form & 128 ? index : 0, h);
		value_at(form & 128 ? index : 0, h);
		return 0;
	}
	name_at(index, h);
	if (index == 0)
		e = read_string(r, &h->name, &h->name_len);
	return e < 0 ? err_pass(e) : read_string(r, &h->value, &h->value_len);
}

int hpack_read(const uint8_t *block, size_t len,
	void (*fn)(void *arg, const struct hpack_header *header), void *arg)
{
	struct reader r = {.at = block, .end = block + len};
	while (r.at < r.end) {
		struct hpack_header h = {0};
		int e = read_header(&r, &h);
		if (e < 0)
			return err_pass(e);
		fn(arg, &h);
	}
	return 0;
}
