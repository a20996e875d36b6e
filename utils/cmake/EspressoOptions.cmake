# Options a person building Espresso may set, and the flags they imply.

option(ESPRESSO_BUILD_TESTS "Build unit tests and the lit suites" ON)
option(ESPRESSO_BUILD_FUZZERS
       "Build the libFuzzer targets; needs clang, see the preset 'fuzz'" OFF)
option(ESPRESSO_WERROR "Treat compiler warnings as errors" ON)
set(ESPRESSO_SANITIZE "" CACHE STRING
    "Sanitizers to build with, as for -fsanitize= (empty: none)")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Assertions stay on in every build: they cost little beside the work, and a
# wrong model is worse than a stopped compiler.
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

add_compile_options(-Wall -Wextra -Wno-unused-parameter
                    # Designated initializers leave the rest to its defaults.
                    -Wno-missing-field-initializers)
if(ESPRESSO_WERROR)
  add_compile_options(-Werror)
endif()
if(ESPRESSO_SANITIZE)
  # GCC's own checks see uninitialised values where there are none once code is
  # instrumented; clang does not know the option.
  add_compile_options(-fsanitize=${ESPRESSO_SANITIZE}
                      -fno-sanitize-recover=all -fno-omit-frame-pointer
                      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=${ESPRESSO_SANITIZE})
endif()

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
