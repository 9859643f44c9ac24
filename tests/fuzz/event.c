/* links: gchat_proto */
/* Any bytes as a stored event, the way a log is read back and a client reads what it was sent. */
#include "again.h"
#include "gchat/v1/event.pb-c.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ProtobufCMessage *msg = codec_load(&gchat__v1__event__descriptor, data, size);
	if (msg)
		again_check(msg);
	codec_free(msg);
	return 0;
}
