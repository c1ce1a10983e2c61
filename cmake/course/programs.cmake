# The programs of cases that CTest runs, and the plans that they write.

# A program of the cases of an object, linked with all bodies or all fast_bodies, as a test of CTest.
function(tito_program target object bodies test)
  add_executable(${target} $<TARGET_OBJECTS:${object}> $<TARGET_OBJECTS:judge_case_runner>)
  target_link_libraries(${target} PRIVATE ${name}_${bodies} judge Catch2::Catch2)
  add_test(NAME ${test} COMMAND ${target})
  set_tests_properties(${test} PROPERTIES TIMEOUT 300)
endfunction()

# Lets a program write its plan, which the kit holds.
function(tito_plan target plan)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND $<TARGET_FILE:${target}> --plan > "${plan}"
    BYPRODUCTS "${plan}" VERBATIM)
  add_dependencies(${name}_kit ${target})
endfunction()

function(tito_module_programs slug)
  string(JSON checkpoint GET "${course}" MODULE_TO_CHECKPOINT ${slug})
  set(target ${name}_${slug})
  tito_program(${target}_cases ${target}_test bodies ${name}.module.${slug})
  tito_plan(${target}_cases "${kit}/plans/test/${slug}.json")
  tito_program(${target}_checkpoint_cases ${target}_checkpoint bodies ${name}.checkpoint.${checkpoint})
  tito_plan(${target}_checkpoint_cases "${kit}/plans/checkpoint/${checkpoint}.json")
  if(fast_slugs)
    tito_program(${target}_fast_checkpoint_cases ${target}_checkpoint fast_bodies ${name}.fast.checkpoint.${checkpoint})
  endif()
  if(slug IN_LIST fast_slugs)
    tito_program(${target}_fast_cases ${target}_test fast_bodies ${name}.fast.module.${slug})
  endif()
endfunction()
