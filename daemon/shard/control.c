/* Elements of a ServerFrame, appended. */
#include "shard/control.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	CAPACITY_MIN = 256,
	WIRE_LENGTH_DELIMITED = 2,
	PREFIX_BYTES_MAX = 15, /* tag and length */
};

uint8_t *control_grow(struct control *control, size_t more)
{
	if (control->len + more > control->capacity) {
		size_t capacity = control->capacity ? control->capacity : CAPACITY_MIN;
		while (capacity < control->len + more)
			capacity *= 2;
		control->data = mem_grow(control->data, capacity, 1);
		control->capacity = capacity;
	}
	uint8_t *at = control->data + control->len;
	control->len += more;
	return at;
}

void control_add(struct control *control, const uint8_t *wire, size_t len)
{
	memcpy(control_grow(control, len), wire, len);
}

void control_put(struct control *control, unsigned field, const ProtobufCMessage *msg)
{
	uint8_t prefix[PREFIX_BYTES_MAX];
	size_t size = codec_size(msg);
	size_t len = codec_put_varint(prefix, (uint64_t)field << 3 | WIRE_LENGTH_DELIMITED);
	len += codec_put_varint(prefix + len, size);
	control_add(control, prefix, len);
	codec_encode(msg, control_grow(control, size));
}

void control_deinit(struct control *control)
{
	free(control->data);
	*control = (struct control){0};
}
