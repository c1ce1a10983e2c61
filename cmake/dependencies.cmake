# Every library the project uses, all from Debian's packages. The packages themselves are installed by
# ./bootstrap, which reads packages.txt.

find_package(PkgConfig REQUIRED)

# tito_need(TARGET PACKAGE): fails with one clear sentence unless the target is there.
function(tito_need target package)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "tito needs ${target}: install Debian's package ${package}, or run ./bootstrap build")
  endif()
endfunction()

find_package(Threads REQUIRED)

pkg_check_modules(OPENBLAS QUIET IMPORTED_TARGET openblas)
tito_need(PkgConfig::OPENBLAS libopenblas-dev)

find_package(ZLIB QUIET)
tito_need(ZLIB::ZLIB zlib1g-dev)

find_package(CURL QUIET)
tito_need(CURL::libcurl libcurl4-openssl-dev)

find_package(LibArchive QUIET)
tito_need(LibArchive::LibArchive libarchive-dev)

find_package(PNG QUIET)
tito_need(PNG::PNG libpng-dev)

pkg_check_modules(NETTLE QUIET IMPORTED_TARGET nettle)
tito_need(PkgConfig::NETTLE nettle-dev)

pkg_check_modules(ELF QUIET IMPORTED_TARGET libelf)
tito_need(PkgConfig::ELF libelf-dev)

# Its pkg-config file names the extensions as well, which are another package.
find_library(CMARK_GFM cmark-gfm)
find_path(STB stb/stb_easy_font.h)
if(NOT CMARK_GFM OR NOT STB)
  message(FATAL_ERROR "tito needs libcmark-gfm-dev and libstb-dev: install these packages, or run ./bootstrap build")
endif()

find_package(fmt QUIET)
tito_need(fmt::fmt libfmt-dev)

find_package(nlohmann_json QUIET)
tito_need(nlohmann_json::nlohmann_json nlohmann-json3-dev)

find_package(CLI11 QUIET)
tito_need(CLI11::CLI11 libcli11-dev)

find_package(Catch2 QUIET)
tito_need(Catch2::Catch2 catch2)
# Catch2 2 is headers alone; 3 has a library, which programs linked by tito need as well.
get_target_property(catch2_type Catch2::Catch2 TYPE)
if(NOT catch2_type STREQUAL "INTERFACE_LIBRARY")
  set(TITO_CATCH2_LIBRARY $<TARGET_FILE:Catch2::Catch2>)
endif()
