# From a course's list of modules (course.json) to targets, and to the kit that tito works with.
#
#   tito_course(ROOT dir            folder with modules/course.json, modules/NN_slug/, checkpoints/, milestones/
#               TESTS dir           folder with <slug>_test.cpp
#               CONTRACT dir        include folder of the contract: <name>/<slug>.hpp
#               [FAST dir]          folder with <slug>.cpp: fast bodies of some modules
#               [BENCHES dir]       folder with <slug>.cpp: what "tito bench" times of a module
#               [PROFILE file]      the work of which "tito report" measures whose code takes the time
#               [DOCUMENTS path...] Markdown files about the course, and folders of them, for "tito course check"
#               [INCLUDES dir...]   further include folders of students' code
#               [LINK target...]    what every program of the course is linked with
#               [KIT_LINK item...]  the same as words of a link command
#               [PACKAGE from=to..] what a student's package is made of, besides their sources)
#
# Builds for each module the objects of its reference body, demo, test and checkpoint, of its fast body, workload and
# demos of a single track (modules/NN_slug/demo.TRACK.cpp) where there are any, and for each milestone its own; CTest
# tests <name>.module.<slug> and <name>.checkpoint.<checkpoint>, and <name>.fast.* for the same cases with all fast
# bodies; and below build/kits/<name>: kit.json, the plans (which cases each program must run) and the precompiled
# headers of the contract. The target <name>_kit is all that tito needs.
#
# The functions in cmake/course/ are called from here and read these variables: arg_*, the arguments above; `course`,
# the text of course.json, and `course_file`; `name` of the course; `kit`, the folder of kit.json; `slugs`, in the order
# of the default track, and `folder_of_<slug>`; `fast_slugs` and `bench_slugs`, those with a fast body and a workload.

include("${CMAKE_CURRENT_LIST_DIR}/json.cmake")
foreach(part objects modules programs precompiled kit)
  include("${CMAKE_CURRENT_LIST_DIR}/course/${part}.cmake")
endforeach()

function(tito_course)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "ROOT;TESTS;CONTRACT;FAST;BENCHES;PROFILE"
    "DOCUMENTS;INCLUDES;LINK;KIT_LINK;PACKAGE")
  set(course_file "${arg_ROOT}/modules/course.json")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${course_file}")
  file(READ "${course_file}" course)
  string(JSON name GET "${course}" name)
  string(JSON track GET "${course}" default_track)
  tito_json_values(slugs "${course}" AT tracks ${track} order MEMBER module)
  set(kit "${CMAKE_BINARY_DIR}/kits/${name}")
  file(MAKE_DIRECTORY "${kit}/plans/test" "${kit}/plans/checkpoint" "${kit}/include/${name}")

  set(number 100)
  foreach(slug IN LISTS slugs)
    math(EXPR number "${number} + 1")
    string(SUBSTRING ${number} 1 2 digits)
    set(folder_of_${slug} "${arg_ROOT}/modules/${digits}_${slug}")
  endforeach()
  tito_slugs_in(fast_slugs "${arg_FAST}")
  tito_slugs_in(bench_slugs "${arg_BENCHES}")

  add_custom_target(${name}_kit)
  tito_contract()
  tito_track_demos(track_demos "${arg_ROOT}")
  foreach(slug IN LISTS slugs)
    tito_module_objects(${slug})
    tito_module_demos(${slug} ${track_demos})
    tito_module_programs(${slug})
  endforeach()
  tito_milestones()
  if(arg_PROFILE)
    tito_work(${name}_profile "${arg_PROFILE}" profile step)
  endif()
  tito_student_flags(check_flags full_flags)
  tito_precompile(pch ${check_flags})
  tito_write_kit()
endfunction()
