/* links: gchat_room */
/* Any bytes as an avatar. What passes has the sides and the kind it says. */
#include "room/image.h"
#include "base/macros.h"
#include "proto/limits.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_info info;
	if (image_check(data, size, &info) != IMAGE_OK)
		return 0;
	GC_ASSERT(size <= LIMIT_AVATAR_BYTES);
	GC_ASSERT(info.width >= 1 && info.width <= LIMIT_AVATAR_SIDE_MAX);
	GC_ASSERT(info.height >= 1 && info.height <= LIMIT_AVATAR_SIDE_MAX);
	GC_ASSERT(memcmp(data, info.kind == IMAGE_PNG ? "\x89PNG" : "\xff\xd8\xff",
			  info.kind == IMAGE_PNG ? 4 : 3) == 0);
	return 0;
}
