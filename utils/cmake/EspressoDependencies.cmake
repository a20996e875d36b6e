# Libraries Espresso stands on. All come from the system's packages.

# "19" alone is refused by LLVM's version file, which wants major.minor.
find_package(LLVM 19.1 REQUIRED CONFIG)
find_package(absl REQUIRED CONFIG)
find_package(Protobuf REQUIRED MODULE)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)

# Headers of libraries are not ours to warn about.
add_library(EspressoLLVM INTERFACE)
target_include_directories(EspressoLLVM SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_compile_definitions(EspressoLLVM INTERFACE ${LLVM_DEFINITIONS})
target_link_libraries(EspressoLLVM INTERFACE LLVMSupport)
