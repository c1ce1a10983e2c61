# How everything is compiled. Private interface targets, so that no flag leaks to users of a target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

option(TITO_WERROR "Warnings are errors" OFF)
option(TITO_NATIVE "Compile the engine for this machine's processor" ON)
set(TITO_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined")

# GCC 12 reports -Wrestrict in its own string (GCC bug 105651).
set(TITO_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wno-restrict)

# Flags that must be the same for everything that is linked together, students' files included.
set(TITO_COMMON_FLAGS "")
set(TITO_LINK_FLAGS -Wl,--as-needed)
if(TITO_SANITIZE)
  list(APPEND TITO_COMMON_FLAGS -fsanitize=${TITO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  list(APPEND TITO_LINK_FLAGS -fsanitize=${TITO_SANITIZE})
  # With sanitizers GCC 12 takes the standard library's own std::function for uninitialised.
  list(APPEND TITO_WARNINGS -Wno-maybe-uninitialized)
endif()
find_program(TITO_MOLD mold)
if(TITO_MOLD)
  # mold 1.10 lets the read-only-after-relocation segment begin at an empty .tbss, perhaps on a page before its
  # own, and then the loader refuses the program: do without that segment.
  list(APPEND TITO_LINK_FLAGS -fuse-ld=mold -Wl,-z,norelro)
endif()
find_program(TITO_CCACHE ccache)
if(TITO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache must be told that the time stamps of precompiled headers say nothing.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${TITO_CCACHE}")
endif()
add_compile_options(${TITO_COMMON_FLAGS})
if(NOT TITO_NATIVE)  # for a package: no file name of the machine that built it
  add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" "-ffile-prefix-map=${CMAKE_BINARY_DIR}/=")
endif()
add_link_options(${TITO_LINK_FLAGS})

# Code whose speed matters to nobody is compiled quickly.
set(CMAKE_CXX_FLAGS_RELEASE "-DNDEBUG")
add_library(tito_quick INTERFACE)
target_compile_options(tito_quick INTERFACE -Og)

# The engine and the bodies of the modules: what students' code is measured against.
# Without errno, GCC turns sqrt in a loop into vector instructions.
set(TITO_ENGINE_FLAGS -O3 -fno-math-errno)
if(TITO_NATIVE)
  list(APPEND TITO_ENGINE_FLAGS -march=native)
endif()
# GCC 12.2 for AVX-512 turns some 32-byte constants, such as {2, 2, 0, 0}, into copies of their first element.
# It does not where it moves memory in 16 bytes. tests/engine/constants_test.cpp holds it so.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag("-mmove-max=128 -mstore-max=128" TITO_HAS_MOVE_MAX)
if(TITO_HAS_MOVE_MAX)
  list(APPEND TITO_ENGINE_FLAGS -mmove-max=128 -mstore-max=128)
endif()

add_library(tito_warnings INTERFACE)
target_compile_options(tito_warnings INTERFACE ${TITO_WARNINGS} $<$<BOOL:${TITO_WERROR}>:-Werror>)
add_library(tito_optimised INTERFACE)
target_compile_options(tito_optimised INTERFACE ${TITO_ENGINE_FLAGS})
