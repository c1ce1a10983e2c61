# What students' files are compiled with: flags, and precompiled headers of the contract.

# The flags of a student's file: quickly for its tests, fully when it is exported. A precompiled header is used only if
# its flags are these, word for word.
function(tito_student_flags check full)
  list(TRANSFORM arg_INCLUDES PREPEND "-I" OUTPUT_VARIABLE includes)
  list(PREPEND includes "-I${arg_CONTRACT}")
  set(flags -std=c++20 ${TITO_COMMON_FLAGS} -Wall -Wextra -Wno-unused-parameter -Werror=return-type)
  set(${check} ${flags} -Og -pipe -D_GLIBCXX_ASSERTIONS ${includes} PARENT_SCOPE)
  set(${full} ${flags} ${TITO_ENGINE_FLAGS} ${includes} PARENT_SCOPE)
endfunction()

# Precompiles the contract with the flags that follow; VARIABLE is the header of all of it.
#
# A precompiled header costs time by its size, so of the standard library only what most bodies use. A module whose body
# uses one of the large headers has a precompiled header of its own, of what its reference body includes; an old one
# costs time but changes nothing, so a changed body does not configure anew.
function(tito_precompile variable)
  set(headers "${kit}/check/contract.hpp")
  set(${variable} "${headers}" PARENT_SCOPE)
  tito_contract_includes(includes)
  file(GENERATE OUTPUT "${headers}" CONTENT
    "${includes}#include <algorithm>\n#include <cmath>\n#include <limits>\n#include <numeric>\n#include <utility>\n")
  foreach(slug IN LISTS slugs)
    set(body "${folder_of_${slug}}/${slug}.cpp")
    file(STRINGS "${body}" large REGEX "^#include <(condition_variable|fstream|map|mutex|sstream|thread)>")
    if(large)
      file(STRINGS "${body}" lines REGEX "^#include (<|\"${name}/)")
      list(JOIN lines "\n" lines)
      set(header "${kit}/check/${slug}.hpp")
      file(GENERATE OUTPUT "${header}" CONTENT "${lines}\n")
      list(APPEND headers "${header}")
      tito_kit_member(precompiled_for ${slug} "${header}")
    endif()
  endforeach()
  file(GLOB_RECURSE contract CONFIGURE_DEPENDS "${arg_CONTRACT}/*.hpp")
  foreach(header IN LISTS headers)
    add_custom_command(OUTPUT "${header}.gch"
      COMMAND ${CMAKE_CXX_COMPILER} ${ARGN} -x c++-header "${header}" -o "${header}.new"
      COMMAND ${CMAKE_COMMAND} -E rename "${header}.new" "${header}.gch"  # whole, for compilers that read it meanwhile
      DEPENDS "${header}" ${contract} VERBATIM)
  endforeach()
  list(TRANSFORM headers APPEND ".gch")
  add_custom_target(${name}_precompiled ALL DEPENDS ${headers})
  add_dependencies(${name}_kit ${name}_precompiled)
endfunction()
