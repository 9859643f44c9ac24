/* A request as one line of text for the audit log and the journal: "user=bob room=lobby". */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

enum {
	REQUEST_TEXT_VALUE_BYTES = 200, /* of one field; a longer one is cut, and ends with "..." */
	REQUEST_TEXT_ITEMS_MAX = 8, /* of a repeated field; then "..." */
};

/* Writes the fields that are set, by the names of the contract, in its order; enums by name, bytes as
 * hexadecimal digits, text in quotes where it wouldn't be one word. Secrets and page tokens are left
 * out, by the fields' names. What does not fit is cut between two fields. Always NUL-terminated. */
void request_text(const ProtobufCMessage *msg, char *out, size_t size);
