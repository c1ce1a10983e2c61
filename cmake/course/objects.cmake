# What is compiled once, and named in the kit.

# One more member of an object of kit.json: what its template calls @SECTION@.
function(tito_kit_member section key value)
  tito_json_escape(key value)
  set_property(TARGET ${name}_kit APPEND PROPERTY ${section} "\"${key}\": \"${value}\"")
endfunction()

# Compiles a source against the contract and names its object objects.KIND.KEY of kit.json. Then come libraries.
function(tito_object target source kind key)
  add_library(${target} OBJECT "${source}")
  target_link_libraries(${target} PRIVATE ${name}_contract ${ARGN})
  add_dependencies(${name}_kit ${target})
  tito_kit_member(objects_${kind} ${key} $<TARGET_OBJECTS:${target}>)
endfunction()

# The same, compiled as the engine is and free to use what is the judge's: demos, milestones, workloads.
function(tito_work target source kind key)
  tito_object(${target} "${source}" ${kind} ${key} tito_optimised)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
endfunction()

# The same for a file of cases.
function(tito_cases target source kind key)
  tito_object(${target} "${source}" ${kind} ${key} judge_cases)
  target_precompile_headers(${target} REUSE_FROM judge_case_headers)
endfunction()

# The contract for everything that is compiled against it: as interfaces, alone and with all bodies (the reference ones;
# the fast ones where there are any), and as one header for users of a finished package.
function(tito_contract)
  add_library(${name}_contract INTERFACE)
  target_include_directories(${name}_contract INTERFACE "${arg_CONTRACT}" ${arg_INCLUDES})
  target_link_libraries(${name}_contract INTERFACE tito_warnings)
  foreach(bodies bodies fast_bodies)
    add_library(${name}_${bodies} INTERFACE)
    target_link_libraries(${name}_${bodies} INTERFACE ${name}_contract ${arg_LINK})
  endforeach()
  tito_contract_includes(includes)
  file(GENERATE OUTPUT "${kit}/include/${name}/${name}.hpp" CONTENT
    "// The whole contract of ${name}. Generated from course.json.\n#pragma once\n\n${includes}")
endfunction()

# The lines that include all of the contract.
function(tito_contract_includes variable)
  list(TRANSFORM slugs REPLACE "(.+)" "#include \"${name}/\\1.hpp\"\n" OUTPUT_VARIABLE includes)
  string(JOIN "" includes ${includes})
  set(${variable} "${includes}" PARENT_SCOPE)
endfunction()
