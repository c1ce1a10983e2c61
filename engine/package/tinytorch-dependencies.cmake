# What the package needs from the system: OpenBLAS and zlib. Debian: libopenblas-dev, zlib1g-dev and, to
# build it, nlohmann-json3-dev.
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_path(OPENBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES openblas openblas-pthread ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread)
find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-pthread)
if(NOT OPENBLAS_INCLUDE_DIR OR NOT OPENBLAS_LIBRARY)
  message(FATAL_ERROR "tinytorch needs OpenBLAS: install Debian's package libopenblas-dev, or set OPENBLAS_INCLUDE_DIR and OPENBLAS_LIBRARY")
endif()
