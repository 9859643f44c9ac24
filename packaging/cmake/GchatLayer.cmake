# gchat_add_layer(NAME FOLDER files...) makes the static library gchat_NAME whose headers are
# reached as "FOLDER/x.h" by those that link it, and by no one else: a link named FOLDER in a
# directory of the layer's own is its only include path, so an include that points the wrong
# way does not compile.
function(gchat_add_layer name folder)
	add_library(gchat_${name} STATIC ${ARGN})
	set(root "${PROJECT_BINARY_DIR}/layers/${name}")
	file(MAKE_DIRECTORY "${root}")
	file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${root}/${folder}" SYMBOLIC)
	target_include_directories(gchat_${name} PUBLIC "${root}")
	target_link_libraries(gchat_${name} PUBLIC gchat_flags)
endfunction()
