# From a course's list of modules (course.json) to targets, and to the kit that tito works with.
#
#   tito_course(ROOT dir            folder with modules/course.json, modules/NN_slug/, checkpoints/, milestones/
#               TESTS dir           folder with <slug>_test.cpp
#               CONTRACT dir        include folder of the contract: <name>/<slug>.hpp
#               [FAST dir]          folder with <slug>.cpp: fast bodies of some modules
#               [BENCHES dir]       folder with <slug>.cpp: what "tito bench" times of a module
#               [PROFILE file]      the work of which "tito report" measures whose code takes the time
#               [DOCUMENTS path...] Markdown files about the course, and folders of them: "tito course check" reads them
#               [INCLUDES dir...]   further include folders of students' code
#               [LINK target...]    what every program of the course is linked with
#               [KIT_LINK item...]  the same as words of a link command
#               [PACKAGE from=to..] what a student's package is made of, besides their sources)
#
# Builds for each module the objects of its reference body, demo, test and checkpoint, of its fast body, workload and demos
# of a single track (modules/NN_slug/demo.TRACK.cpp) where there are any, and for each milestone its own; CTest tests <name>.module.<slug> and <name>.checkpoint.<checkpoint>, and
# <name>.fast.* for the same cases with all fast bodies; and below build/kits/<name>: kit.json, the plans (which cases
# each program must run) and the precompiled headers of the contract. The target <name>_kit is all that tito needs.

# One program of cases and its plan.
function(tito_cases target object plan)
  add_executable(${target})
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${object}> $<TARGET_OBJECTS:judge_case_runner> ${ARGN})
  target_link_libraries(${target} PRIVATE judge Catch2::Catch2)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND $<TARGET_FILE:${target}> --plan > "${plan}"
    BYPRODUCTS "${plan}" VERBATIM)
endfunction()

function(tito_json_words variable)
  set(words "")
  foreach(word IN LISTS ARGN)
    list(APPEND words "\"${word}\"")
  endforeach()
  list(JOIN words ", " words)
  set(${variable} "[${words}]" PARENT_SCOPE)
endfunction()

# One object that is linked into programs of a course: compiled as the engine is, and free to use what is the judge's.
function(tito_course_object name target source)
  add_library(${target} OBJECT "${source}")
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${name}_contract tito_optimised)
endfunction()

# The demos of a single track, modules/NN_slug/demo.TRACK.cpp of a course below `root`, as a list of files.
function(tito_track_demos variable root)
  file(GLOB demos CONFIGURE_DEPENDS "${root}/modules/*/demo.*.cpp")
  file(READ "${root}/modules/course.json" course)
  string(JSON count LENGTH "${course}" tracks)
  math(EXPR last "${count} - 1")
  set(tracks "")
  foreach(index RANGE ${last})
    string(JSON track MEMBER "${course}" tracks ${index})
    list(APPEND tracks "${track}")
  endforeach()
  foreach(demo IN LISTS demos)
    tito_track_of(track "${demo}")
    if(NOT track IN_LIST tracks)
      list(JOIN tracks ", " known)
      message(FATAL_ERROR "${demo}: this is the demo of a track \"${track}\", and ${root}/modules/course.json has no "
        "such track, only: ${known}. Rename the file, delete it or add the track.")
    endif()
  endforeach()
  set(${variable} "${demos}" PARENT_SCOPE)
endfunction()

# TRACK of a path that ends in demo.TRACK.cpp.
function(tito_track_of variable demo)
  string(REGEX REPLACE "^.*/demo\\.(.*)\\.cpp$" "\\1" track "${demo}")
  set(${variable} "${track}" PARENT_SCOPE)
endfunction()

function(tito_course)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "ROOT;TESTS;CONTRACT;FAST;BENCHES;PROFILE" "INCLUDES;LINK;KIT_LINK;PACKAGE;DOCUMENTS")
  set(course_file "${arg_ROOT}/modules/course.json")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${course_file}")
  file(READ "${course_file}" course)
  string(JSON name GET "${course}" name)
  string(JSON track GET "${course}" default_track)
  string(JSON count LENGTH "${course}" tracks ${track} order)
  math(EXPR last "${count} - 1")
  set(kit "${CMAKE_BINARY_DIR}/kits/${name}")
  file(MAKE_DIRECTORY "${kit}/plans/test" "${kit}/plans/checkpoint" "${kit}/include/${name}")

  # An interface for everything that is compiled against the contract.
  add_library(${name}_contract INTERFACE)
  target_include_directories(${name}_contract INTERFACE "${arg_CONTRACT}" ${arg_INCLUDES})
  target_link_libraries(${name}_contract INTERFACE tito_warnings)

  file(GLOB fast_sources CONFIGURE_DEPENDS "${arg_FAST}/*.cpp")
  tito_track_demos(track_demos "${arg_ROOT}")
  file(GLOB bench_sources CONFIGURE_DEPENDS "${arg_BENCHES}/*.cpp")
  set(bodies "")
  set(fast_bodies "")
  set(fast_slugs "")
  set(kit_targets judge images judge_case_runner judge_demo_runner judge_bench_runner judge_profile_runner)
  set(objects_body "")
  set(objects_fast "")
  set(objects_bench "")
  set(objects_test "")
  set(objects_demo "")
  set(objects_checkpoint "")
  set(includes "")
  foreach(index RANGE ${last})
    string(JSON slug GET "${course}" tracks ${track} order ${index} module)
    string(JSON checkpoint GET "${course}" MODULE_TO_CHECKPOINT ${slug})
    math(EXPR number "${index} + 1")
    if(number LESS 10)
      set(number "0${number}")
    endif()
    set(folder "${arg_ROOT}/modules/${number}_${slug}")
    set(source_of_${slug} "${folder}/${slug}.cpp")
    tito_course_object(${name} ${name}_${slug}_demo "${folder}/demo.cpp")
    foreach(kind body test checkpoint)
      set(target ${name}_${slug}_${kind})
      add_library(${target} OBJECT)
      target_link_libraries(${target} PRIVATE ${name}_contract)
    endforeach()
    target_link_libraries(${name}_${slug}_body PRIVATE tito_optimised)
    target_sources(${name}_${slug}_body PRIVATE "${source_of_${slug}}")
    target_sources(${name}_${slug}_test PRIVATE "${arg_TESTS}/${slug}_test.cpp")
    target_sources(${name}_${slug}_checkpoint PRIVATE "${arg_ROOT}/checkpoints/${checkpoint}.cpp")
    foreach(kind test checkpoint)
      target_link_libraries(${name}_${slug}_${kind} PRIVATE judge_cases)
      target_precompile_headers(${name}_${slug}_${kind} REUSE_FROM judge_case_headers)
    endforeach()
    if("${arg_FAST}/${slug}.cpp" IN_LIST fast_sources)
      set(target ${name}_${slug}_fast)
      add_library(${target} OBJECT "${arg_FAST}/${slug}.cpp")
      target_link_libraries(${target} PRIVATE ${name}_contract tito_optimised)
      list(APPEND fast_bodies $<TARGET_OBJECTS:${target}>)
      list(APPEND fast_slugs ${slug})
      list(APPEND kit_targets ${target})
      list(APPEND objects_fast "\"${slug}\": \"$<TARGET_OBJECTS:${target}>\"")
    else()
      list(APPEND fast_bodies $<TARGET_OBJECTS:${name}_${slug}_body>)
    endif()
    if("${arg_BENCHES}/${slug}.cpp" IN_LIST bench_sources)
      set(target ${name}_${slug}_bench)
      tito_course_object(${name} ${target} "${arg_BENCHES}/${slug}.cpp")
      list(APPEND kit_targets ${target})
      list(APPEND objects_bench "\"${slug}\": \"$<TARGET_OBJECTS:${target}>\"")
    endif()
    list(APPEND bodies $<TARGET_OBJECTS:${name}_${slug}_body>)
    list(APPEND slugs ${slug})
    list(APPEND kit_targets ${name}_${slug}_demo ${name}_${slug}_cases ${name}_${slug}_proof)  # the programs write plans
    list(APPEND objects_body "\"${slug}\": \"$<TARGET_OBJECTS:${name}_${slug}_body>\"")
    list(APPEND objects_test "\"${slug}\": \"$<TARGET_OBJECTS:${name}_${slug}_test>\"")
    list(APPEND objects_demo "\"${slug}\": \"$<TARGET_OBJECTS:${name}_${slug}_demo>\"")
    foreach(demo IN LISTS track_demos)
      cmake_path(GET demo PARENT_PATH home)
      if(home STREQUAL folder)
        tito_track_of(own "${demo}")
        set(target ${name}_${slug}_demo_${own})
        tito_course_object(${name} ${target} "${demo}")
        list(APPEND kit_targets ${target})
        list(APPEND objects_demo "\"${slug}.${own}\": \"$<TARGET_OBJECTS:${target}>\"")
      endif()
    endforeach()
    list(APPEND objects_checkpoint "\"${checkpoint}\": \"$<TARGET_OBJECTS:${name}_${slug}_checkpoint>\"")
    string(APPEND includes "#include \"${name}/${slug}.hpp\"\n")
  endforeach()

  set(objects_milestone "")
  string(JSON milestones ERROR_VARIABLE none LENGTH "${course}" milestones)
  if(none)
    set(milestones 0)
  endif()
  while(milestones GREATER 0)
    math(EXPR milestones "${milestones} - 1")
    string(JSON milestone GET "${course}" milestones ${milestones} name)
    set(target ${name}_${milestone}_milestone)
    tito_course_object(${name} ${target} "${arg_ROOT}/milestones/${milestone}.cpp")
    list(APPEND kit_targets ${target})
    list(APPEND objects_milestone "\"${milestone}\": \"$<TARGET_OBJECTS:${target}>\"")
  endwhile()

  set(objects_profile "")
  if(arg_PROFILE)
    tito_course_object(${name} ${name}_profile "${arg_PROFILE}")
    list(APPEND kit_targets ${name}_profile)
    list(APPEND objects_profile "\"step\": \"$<TARGET_OBJECTS:${name}_profile>\"")
  endif()

  # All reference bodies, for programs that want a whole framework; and the same with the fast ones where there are any.
  add_library(${name}_bodies INTERFACE)
  target_sources(${name}_bodies INTERFACE ${bodies})
  target_link_libraries(${name}_bodies INTERFACE ${name}_contract ${arg_LINK})
  add_library(${name}_fast_bodies INTERFACE)
  target_sources(${name}_fast_bodies INTERFACE ${fast_bodies})
  target_link_libraries(${name}_fast_bodies INTERFACE ${name}_contract ${arg_LINK})

  foreach(slug IN LISTS slugs)
    string(JSON checkpoint GET "${course}" MODULE_TO_CHECKPOINT ${slug})
    tito_cases(${name}_${slug}_cases ${name}_${slug}_test "${kit}/plans/test/${slug}.json" ${bodies})
    tito_cases(${name}_${slug}_proof ${name}_${slug}_checkpoint "${kit}/plans/checkpoint/${checkpoint}.json" ${bodies})
    target_link_libraries(${name}_${slug}_cases PRIVATE ${arg_LINK})
    target_link_libraries(${name}_${slug}_proof PRIVATE ${arg_LINK})
    add_test(NAME ${name}.module.${slug} COMMAND ${name}_${slug}_cases)
    add_test(NAME ${name}.checkpoint.${checkpoint} COMMAND ${name}_${slug}_proof)
    set_tests_properties(${name}.module.${slug} ${name}.checkpoint.${checkpoint} PROPERTIES TIMEOUT 300)
    if(fast_slugs)
      foreach(kind checkpoint test)
        if(kind STREQUAL "test" AND NOT slug IN_LIST fast_slugs)
          continue()
        endif()
        set(target ${name}_${slug}_fast_${kind})
        add_executable(${target} $<TARGET_OBJECTS:${name}_${slug}_${kind}> $<TARGET_OBJECTS:judge_case_runner>)
        target_link_libraries(${target} PRIVATE ${name}_fast_bodies judge Catch2::Catch2)
        if(kind STREQUAL "test")
          set(test ${name}.fast.module.${slug})
        else()
          set(test ${name}.fast.checkpoint.${checkpoint})
        endif()
        add_test(NAME ${test} COMMAND ${target})
        set_tests_properties(${test} PROPERTIES TIMEOUT 300)
      endforeach()
    endif()
  endforeach()

  # The whole contract in one header, for users of a finished package and for precompiling.
  file(GENERATE OUTPUT "${kit}/include/${name}/${name}.hpp" CONTENT
    "// The whole contract of ${name}. Generated from course.json.\n#pragma once\n\n${includes}")

  # What a student's file is compiled with: quickly for its tests, fully when it is exported. The
  # precompiled header is used only if its flags are these, word for word.
  set(include_flags "-I${arg_CONTRACT}")
  foreach(folder IN LISTS arg_INCLUDES)
    list(APPEND include_flags "-I${folder}")
  endforeach()
  set(student_flags -std=c++20 ${TITO_COMMON_FLAGS} -Wall -Wextra -Wno-unused-parameter -Werror=return-type)
  set(check_flags ${student_flags} -Og -pipe -D_GLIBCXX_ASSERTIONS ${include_flags})
  set(full_flags ${student_flags} ${TITO_ENGINE_FLAGS} ${include_flags})
  # A precompiled header costs time by its size, so of the standard library only what most bodies use. A module whose
  # body uses one of the large headers has a precompiled header of its own, of what its reference body includes; an old
  # one costs time but changes nothing, so a changed body does not configure anew.
  set(pch "${kit}/check/contract.hpp")
  file(GENERATE OUTPUT "${pch}" CONTENT
    "${includes}#include <algorithm>\n#include <cmath>\n#include <limits>\n#include <numeric>\n#include <utility>\n")
  set(precompiled "${pch}")
  set(precompiled_for "")
  foreach(slug IN LISTS slugs)
    file(STRINGS "${source_of_${slug}}" large REGEX "^#include <(condition_variable|fstream|map|mutex|sstream|thread)>")
    if(large)
      file(STRINGS "${source_of_${slug}}" lines REGEX "^#include (<|\"${name}/)")
      list(JOIN lines "\n" lines)
      file(GENERATE OUTPUT "${kit}/check/${slug}.hpp" CONTENT "${lines}\n")
      list(APPEND precompiled "${kit}/check/${slug}.hpp")
      list(APPEND precompiled_for "\"${slug}\": \"${kit}/check/${slug}.hpp\"")
    endif()
  endforeach()
  list(JOIN precompiled_for ", " precompiled_for)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${arg_CONTRACT}/*.hpp")
  foreach(header IN LISTS precompiled)
    add_custom_command(OUTPUT "${header}.gch"
      COMMAND ${CMAKE_CXX_COMPILER} ${check_flags} -x c++-header "${header}" -o "${header}.new"
      COMMAND ${CMAKE_COMMAND} -E rename "${header}.new" "${header}.gch"  # whole, for compilers that read it meanwhile
      DEPENDS "${header}" ${headers} VERBATIM)
  endforeach()
  list(TRANSFORM precompiled APPEND ".gch")
  add_custom_target(${name}_precompiled ALL DEPENDS ${precompiled})
  add_custom_target(${name}_kit DEPENDS ${name}_precompiled ${kit_targets})

  foreach(kind body fast bench profile test demo checkpoint milestone)
    list(JOIN objects_${kind} ",\n      " objects_${kind})
  endforeach()
  set(package "")
  foreach(pair IN LISTS arg_PACKAGE)
    string(REPLACE "=" ";" pair "${pair}")
    list(GET pair 0 from)
    list(GET pair 1 to)
    list(APPEND package "{\"from\": \"${from}\", \"to\": \"${to}\"}")
  endforeach()
  list(JOIN package ",\n    " package)
  tito_json_words(document_words ${arg_DOCUMENTS})
  tito_json_words(check_words ${check_flags})
  tito_json_words(full_words ${full_flags})
  tito_json_words(link_words ${TITO_LINK_FLAGS})
  tito_json_words(library_words ${arg_KIT_LINK} ${TITO_CATCH2_LIBRARY})
  if(TITO_SANITIZE)
    set(sanitized true)
  else()
    set(sanitized false)
  endif()
  file(GENERATE OUTPUT "${kit}/kit.json" CONTENT
"{
  \"schema\": \"tito-kit/1\",
  \"course\": \"${course_file}\",
  \"contract\": \"${arg_CONTRACT}\",
  \"checkpoints\": \"${arg_ROOT}/checkpoints\",
  \"registry\": \"${PROJECT_SOURCE_DIR}/data/registry.json\",
  \"programs\": {\"images\": \"$<TARGET_FILE:images>\"},
  \"source_tree\": true,
  \"sanitized\": ${sanitized},
  \"compiler\": \"${CMAKE_CXX_COMPILER}\",
  \"symbols\": \"${CMAKE_NM}\",
  \"sections\": \"${CMAKE_OBJCOPY}\",
  \"precompiled\": \"${pch}\",
  \"precompiled_for\": {${precompiled_for}},
  \"plans\": \"${kit}/plans\",
  \"sources\": {
    \"root\": \"${arg_ROOT}\",
    \"tests\": \"${arg_TESTS}\",
    \"fast\": \"${arg_FAST}\",
    \"benches\": \"${arg_BENCHES}\",
    \"documents\": ${document_words}
  },
  \"samples\": \"${PROJECT_SOURCE_DIR}/data/samples/mnist\",
  \"flags\": {
    \"check\": ${check_words},
    \"full\": ${full_words},
    \"link\": ${link_words},
    \"libraries\": ${library_words}
  },
  \"objects\": {
    \"body\": {
      ${objects_body}
    },
    \"fast\": {
      ${objects_fast}
    },
    \"bench\": {
      ${objects_bench}
    },
    \"profile\": {
      ${objects_profile}
    },
    \"test\": {
      ${objects_test}
    },
    \"demo\": {
      ${objects_demo}
    },
    \"checkpoint\": {
      ${objects_checkpoint}
    },
    \"milestone\": {
      ${objects_milestone}
    },
    \"runner\": {
      \"cases\": \"$<TARGET_OBJECTS:judge_case_runner>\",
      \"demo\": \"$<TARGET_OBJECTS:judge_demo_runner>\",
      \"bench\": \"$<TARGET_OBJECTS:judge_bench_runner>\",
      \"profile\": \"$<TARGET_OBJECTS:judge_profile_runner>\"
    }
  },
  \"package\": [
    {\"from\": \"${kit}/include\", \"to\": \"include\"},
    ${package}
  ]
}
")
endfunction()
