# What find_package(tinytorch) reads.
include("${CMAKE_CURRENT_LIST_DIR}/tinytorch-dependencies.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/tinytorch-targets.cmake")
