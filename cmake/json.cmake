# Reading JSON, and writing text into it.

# The names of an object's members, or the indices of an array: tito_json_keys(VARIABLE JSON [PATH...]). Empty where
# there is nothing at that path.
function(tito_json_keys variable json)
  string(JSON count ERROR_VARIABLE none LENGTH "${json}" ${ARGN})
  set(keys "")
  if(count GREATER 0)
    string(JSON type TYPE "${json}" ${ARGN})
    math(EXPR last "${count} - 1")
    foreach(key RANGE ${last})
      if(type STREQUAL "OBJECT")
        string(JSON key MEMBER "${json}" ${ARGN} ${key})
      endif()
      list(APPEND keys "${key}")
    endforeach()
  endif()
  set(${variable} "${keys}" PARENT_SCOPE)
endfunction()

# What an array or object holds, or a MEMBER of each: tito_json_values(VARIABLE JSON AT PATH... [MEMBER name]).
function(tito_json_values variable json)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "MEMBER" "AT")
  tito_json_keys(keys "${json}" ${arg_AT})
  set(values "")
  foreach(key IN LISTS keys)
    string(JSON value GET "${json}" ${arg_AT} ${key} ${arg_MEMBER})
    list(APPEND values "${value}")
  endforeach()
  set(${variable} "${values}" PARENT_SCOPE)
endfunction()

# Makes what these variables hold fit to stand between the quotation marks of JSON.
function(tito_json_escape)
  foreach(variable IN LISTS ARGN)
    string(REPLACE "\\" "\\\\" text "${${variable}}")
    string(REPLACE "\"" "\\\"" text "${text}")
    set(${variable} "${text}" PARENT_SCOPE)
  endforeach()
endfunction()

# An array of words.
function(tito_json_words variable)
  set(words "${ARGN}")
  tito_json_escape(words)
  list(TRANSFORM words REPLACE "(.+)" "\"\\1\"")
  list(JOIN words ", " words)
  set(${variable} "[${words}]" PARENT_SCOPE)
endfunction()
