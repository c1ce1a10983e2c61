# Makes a kit that needs neither the source tree nor the build tree:
#
#   cmake -DKIT=BUILD/kits/NAME/kit.json -DSOURCE=DIR -DBUILD=DIR -DTO=DIR -P cmake/install_kit.cmake
#
# What kit.json names below SOURCE and BUILD is copied to TO/source and TO/build, under the same relative names; in the
# copy of kit.json "${kit}" stands for its folder (tito/toolchain/kit.cpp). The contract is precompiled anew.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/json.cmake")

file(READ "${KIT}" kit)

# Copies a file or a folder of one of the two trees; the system's own files stay where they are.
function(take path)
  foreach(tree BUILD SOURCE)  # the build tree may lie in the source tree
    cmake_path(IS_PREFIX ${tree} "${path}" NORMALIZE inside)
    if(inside)
      cmake_path(RELATIVE_PATH path BASE_DIRECTORY "${${tree}}" OUTPUT_VARIABLE relative)
      string(TOLOWER ${tree} below)
      cmake_path(GET relative PARENT_PATH folder)
      file(COPY "${path}" DESTINATION "${TO}/${below}/${folder}" PATTERN "*.gch" EXCLUDE PATTERN "*.new" EXCLUDE)
      return()
    endif()
  endforeach()
endfunction()

# Copies what the members of an object name, at any depth.
function(take_members object)
  tito_json_keys(keys "${object}")
  foreach(key IN LISTS keys)
    string(JSON type TYPE "${object}" "${key}")
    string(JSON value GET "${object}" "${key}")
    if(type STREQUAL "OBJECT")
      take_members("${value}")
    else()
      take("${value}")
    endif()
  endforeach()
endfunction()

file(REMOVE_RECURSE "${TO}")
string(JSON course GET "${kit}" course)
cmake_path(GET course PARENT_PATH modules)
take("${modules}")
foreach(key contract checkpoints samples registry precompiled plans)
  string(JSON path GET "${kit}" ${key})
  take("${path}")
endforeach()
foreach(key precompiled_for programs objects fast_sources)
  string(JSON object GET "${kit}" ${key})
  take_members("${object}")
endforeach()
tito_json_values(libraries "${kit}" AT flags libraries)
tito_json_values(package "${kit}" AT package MEMBER from)
foreach(path IN LISTS libraries package)
  if(IS_ABSOLUTE "${path}")
    take("${path}")
  endif()
endforeach()

string(JSON kit SET "${kit}" source_tree false)
string(JSON kit REMOVE "${kit}" sources)
string(REPLACE "${BUILD}" "\${kit}/build" kit "${kit}")
string(REPLACE "${SOURCE}" "\${kit}/source" kit "${kit}")
file(WRITE "${TO}/kit.json" "${kit}\n")

# Plans say where a case stands: as it is called in the source tree.
file(GLOB_RECURSE plans "${TO}/build/*/plans/*.json")
foreach(plan IN LISTS plans)
  file(READ "${plan}" text)
  string(REPLACE "${SOURCE}/" "" text "${text}")
  file(WRITE "${plan}" "${text}")
endforeach()

string(REPLACE "\${kit}" "${TO}" here "${kit}")
string(JSON compiler GET "${here}" compiler)
tito_json_values(flags "${here}" AT flags check)
string(JSON header GET "${here}" precompiled)
cmake_path(GET header PARENT_PATH folder)
file(GLOB headers "${folder}/*.hpp")
foreach(header IN LISTS headers)
  execute_process(COMMAND ${compiler} ${flags} -x c++-header "${header}" -o "${header}.gch" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
