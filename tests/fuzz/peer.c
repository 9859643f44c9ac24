/* links: gchat_net */
/* Any text as a peer's name: what is taken prints as itself, and every form of it is bounded. */
#include "net/peer.h"
#include "base/macros.h"
#include "base/mem.h"
#include "net/accept.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
	char buf[ACCEPTOR_ADDRESS_BYTES];
	char printed[PEER_TEXT_BYTES];
	struct peer peer;
	struct peer again;
	struct peer_net net;
	struct peer_net net_again;
	acceptor_address(text, buf);
	acceptor_rate_key(text, buf);
	if (!peer_parse(text, &peer))
		return;
	peer_print(&peer, printed);
	GC_ASSERT(strlen(printed) < PEER_TEXT_BYTES - 1 && peer_parse(printed, &again));
	GC_ASSERT(again.v6 == peer.v6 && again.port == peer.port && again.scope == peer.scope);
	peer_get_net(&peer, &net);
	peer_get_net(&again, &net_again);
	GC_ASSERT(memcmp(&net, &net_again, sizeof(net)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_new(size + 1, 1);
	if (size > 0)
		memcpy(text, data, size);
	check(text);
	free(text);
	return 0;
}
