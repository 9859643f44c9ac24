# Warnings, hardening and sanitizers, carried by one interface target: nothing here is global.
include(CheckCCompilerFlag)

set(GCHAT_WARNINGS
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
	-Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wformat=2 -Wwrite-strings
	-Wcast-qual -Wcast-align -Wswitch-enum -Wpointer-arith -Wdouble-promotion
	-Wnull-dereference -Wdate-time -Wimplicit-fallthrough)
set(GCHAT_WARNINGS_GNU -Wlogical-op -Wduplicated-cond -Wduplicated-branches)

function(gchat_add_hardening target)
	set(flags -fstack-protector-strong -fstack-clash-protection)
	if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i.86|AMD64")
		list(APPEND flags -fcf-protection=full)
	endif()
	foreach(flag IN LISTS flags)
		string(MAKE_C_IDENTIFIER "GCHAT_HAS${flag}" known)
		check_c_compiler_flag(${flag} ${known})
		if(${known})
			target_compile_options(${target} INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:${flag}>)
		endif()
	endforeach()
	if(NOT GCHAT_SANITIZE)
		target_compile_options(${target} INTERFACE
			$<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>)
	endif()
	target_link_options(${target} INTERFACE
		$<$<CONFIG:Release,RelWithDebInfo>:LINKER:-z,relro,-z,now,-z,noexecstack>)
endfunction()

function(gchat_add_flags target)
	add_library(${target} INTERFACE)
	target_compile_definitions(${target} INTERFACE _GNU_SOURCE GCHAT_VERSION="${PROJECT_VERSION}")
	target_compile_options(${target} INTERFACE ${GCHAT_WARNINGS} -fno-omit-frame-pointer
		"-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
	# A package depends on the libraries that are used, not on those that a .pc file names.
	target_link_options(${target} INTERFACE LINKER:--as-needed)
	if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
		target_compile_options(${target} INTERFACE ${GCHAT_WARNINGS_GNU})
	endif()
	if(GCHAT_WERROR)
		target_compile_options(${target} INTERFACE -Werror)
	endif()
	if(GCHAT_SANITIZE)
		target_compile_options(${target} INTERFACE -fsanitize=${GCHAT_SANITIZE} -fno-sanitize-recover=undefined)
		target_link_options(${target} INTERFACE -fsanitize=${GCHAT_SANITIZE})
	endif()
	if(GCHAT_COVERAGE)
		target_compile_options(${target} INTERFACE --coverage)
		target_link_options(${target} INTERFACE --coverage)
	endif()
	gchat_add_hardening(${target})
endfunction()
