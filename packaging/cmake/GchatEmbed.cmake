# gchat_embed(TARGET FILE SYMBOL) puts the bytes of FILE, which may be built, into TARGET: includes
# "embed/SYMBOL.h", which declares `extern const unsigned char SYMBOL[]` and `SYMBOL_len`. FILE's own
# target, where another folder builds it, is named after the three. A byte array in C rather than
# .incbin or `ld -r`: it needs nothing of the assembler, and works with every compiler and with LTO.
if(CMAKE_SCRIPT_MODE_FILE)
	file(READ "${EMBED_FILE}" hex HEX)
	string(LENGTH "${hex}" digits)
	math(EXPR len "${digits} / 2")
	string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
	file(WRITE "${EMBED_OUT}/${EMBED_SYMBOL}.h" "/* Made from ${EMBED_NAME}. */\n#pragma once\n\n"
		"#include <stddef.h>\n\n"
		"extern const unsigned char ${EMBED_SYMBOL}[];\nextern const size_t ${EMBED_SYMBOL}_len;\n")
	file(WRITE "${EMBED_OUT}/${EMBED_SYMBOL}.c" "/* Made from ${EMBED_NAME}. */\n"
		"#include \"embed/${EMBED_SYMBOL}.h\"\n\n"
		"const unsigned char ${EMBED_SYMBOL}[] = {\n${hex}0x00};\n"
		"const size_t ${EMBED_SYMBOL}_len = ${len};\n")
	return()
endif()

set(GCHAT_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(gchat_embed target file symbol)
	set(root "${CMAKE_CURRENT_BINARY_DIR}/embedded-${target}")
	get_filename_component(name "${file}" NAME)
	file(MAKE_DIRECTORY "${root}/embed")
	add_custom_command(OUTPUT "${root}/embed/${symbol}.c" "${root}/embed/${symbol}.h"
		COMMAND "${CMAKE_COMMAND}" "-DEMBED_FILE=${file}" "-DEMBED_NAME=${name}"
			"-DEMBED_OUT=${root}/embed" "-DEMBED_SYMBOL=${symbol}" -P "${GCHAT_EMBED_SCRIPT}"
		DEPENDS "${file}" "${GCHAT_EMBED_SCRIPT}" ${ARGN} VERBATIM)
	target_sources(${target} PRIVATE "${root}/embed/${symbol}.c" "${root}/embed/${symbol}.h")
	target_include_directories(${target} PRIVATE "${root}")
	foreach(made IN LISTS ARGN)
		add_dependencies(${target} ${made})
	endforeach()
endfunction()
