# What was found and chosen, printed last.

get_target_property(openblas_libraries PkgConfig::OPENBLAS INTERFACE_LINK_LIBRARIES)
message(STATUS "tito ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
message(STATUS "  engine flags: ${TITO_ENGINE_FLAGS} ${TITO_COMMON_FLAGS}")
message(STATUS "  OpenBLAS ${OPENBLAS_VERSION}, fmt ${fmt_VERSION}, json ${nlohmann_json_VERSION}, CLI11 ${CLI11_VERSION}, "
  "Catch2 ${Catch2_VERSION}")
message(STATUS "  mold: ${TITO_MOLD}, ccache: ${TITO_CCACHE}")
