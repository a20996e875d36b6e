# One way to declare each kind of target, so that every directory says only what
# is particular to it.

# espresso_add_library(NAME sources... [NO_LLVM] [LINK lib...] [PRIVATE_LINK lib...])
#
# A static library of the project. Unless NO_LLVM is given it sees LLVM's
# headers and LLVMSupport.
function(espresso_add_library name)
  cmake_parse_arguments(ARG "NO_LLVM" "" "LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
    "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>"
    "$<INSTALL_INTERFACE:include>")
  if(NOT ARG_NO_LLVM)
    target_link_libraries(${name} PUBLIC EspressoLLVM)
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  set_property(GLOBAL APPEND PROPERTY ESPRESSO_LIBRARIES ${name})
endfunction()

# espresso_add_tool(NAME sources... [LINK lib...])
function(espresso_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY ESPRESSO_TOOLS ${name})
endfunction()

# espresso_add_unittest(NAME sources... [LINK lib...])
#
# A GoogleTest binary in <build>/bin/unit; the lit suite 'unit' runs every one.
function(espresso_add_unittest name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gmock
                        GTest::gtest_main EspressoTestSupport)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin/unit")
  set_property(GLOBAL APPEND PROPERTY ESPRESSO_TEST_BINARIES ${name})
endfunction()

# espresso_tablegen(SOURCE.td OUTPUT ARGS... DEPENDS files...)
#
# Runs espresso-tblgen on SOURCE.td; OUTPUT is relative to <build>/include and
# OUT_VAR collects the generated files.
function(espresso_tablegen source output out_var)
  cmake_parse_arguments(ARG "" "" "ARGS;DEPENDS" ${ARGN})
  set(generated "${PROJECT_BINARY_DIR}/include/${output}")
  get_filename_component(directory "${generated}" DIRECTORY)
  file(MAKE_DIRECTORY "${directory}")
  add_custom_command(
    OUTPUT "${generated}"
    COMMAND espresso-tblgen ${ARG_ARGS} -I "${CMAKE_CURRENT_SOURCE_DIR}"
            "${CMAKE_CURRENT_SOURCE_DIR}/${source}" -o "${generated}"
    DEPENDS espresso-tblgen "${CMAKE_CURRENT_SOURCE_DIR}/${source}" ${ARG_DEPENDS}
    COMMENT "Generating ${output}"
    VERBATIM)
  set(${out_var} ${${out_var}} "${generated}" PARENT_SCOPE)
endfunction()
