# gchat_add_unit(NAME room_cursor SOURCES test_cursor.c LIBS gchat_room) makes a cmocka program and
# registers it as "unit.room_cursor". gchat_add_integration does the same for a test that starts the
# real daemon: it links the harness, and two of them run at a time (gchat_test_daemon). The target
# unit-tests builds the unit tests alone.
include_guard(GLOBAL)

function(gchat_test_program target)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
	add_executable(${target} ${arg_SOURCES})
	target_link_libraries(${target} PRIVATE ${arg_LIBS} gchat_flags PkgConfig::CMOCKA)
	target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
endfunction()

# Sanitizers: stop at the first finding, and find leaks in our own code alone.
function(gchat_test_environment name)
	if(GCHAT_SANITIZE)
		set_tests_properties(${name} PROPERTIES ENVIRONMENT
			"ASAN_OPTIONS=detect_leaks=1:abort_on_error=1;LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp")
	endif()
endfunction()

function(gchat_add_unit)
	cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "SOURCES;LIBS")
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 120)
	endif()
	gchat_test_program(unit_${arg_NAME} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
	add_dependencies(unit-tests unit_${arg_NAME})
	add_test(NAME unit.${arg_NAME} COMMAND unit_${arg_NAME})
	set_tests_properties(unit.${arg_NAME} PROPERTIES LABELS unit TIMEOUT ${arg_TIMEOUT})
	gchat_test_environment(unit.${arg_NAME})
endfunction()

# A test with a daemon and deadlines: one more may run beside it, since they wait more than they work.
# ALONE: none, because it measures, or is a crowd itself. What has the lowest priority runs beside all of
# them (the analysers), so that two processors are busy until the end.
function(gchat_test_daemon name)
	get_property(count GLOBAL PROPERTY gchat_test_daemons)
	math(EXPR count "0${count} + 1")
	set_property(GLOBAL PROPERTY gchat_test_daemons ${count})
	math(EXPR lane "${count} % 2")
	if("ALONE" IN_LIST ARGN) # and first, or it would wait for both lanes until the end
		set_tests_properties(${name} PROPERTIES RESOURCE_LOCK "daemon-0;daemon-1" COST 100)
	else()
		set_tests_properties(${name} PROPERTIES RESOURCE_LOCK daemon-${lane})
	endif()
	gchat_test_environment(${name})
endfunction()

# LABELS adds to "integration": "slow" marks the long ones. ALONE, before the
# others: see gchat_test_daemon.
function(gchat_add_integration)
	cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS")
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 180)
	endif()
	set(target integration_${arg_NAME})
	gchat_test_program(${target} SOURCES ${arg_SOURCES} LIBS gchat_td ${arg_LIBS})
	add_test(NAME integration.${arg_NAME} COMMAND ${target})
	set_tests_properties(integration.${arg_NAME} PROPERTIES LABELS "integration;${arg_LABELS}"
		TIMEOUT ${arg_TIMEOUT})
	gchat_test_daemon(integration.${arg_NAME} ${arg_UNPARSED_ARGUMENTS})
endfunction()
