# Runs PROGRAM, a fuzz target, for SECONDS. FOLDER keeps its corpus, which begins with SEEDS, the log and what it found.
file(MAKE_DIRECTORY "${FOLDER}/corpus" "${FOLDER}/found")
file(GLOB seeds "${SEEDS}/*")
file(COPY ${seeds} DESTINATION "${FOLDER}/corpus")
execute_process(
  COMMAND "${PROGRAM}" -max_total_time=${SECONDS} -timeout=10 -rss_limit_mb=1024 -max_len=16384
    -artifact_prefix=${FOLDER}/found/ -print_final_stats=1 "${FOLDER}/corpus"
  RESULT_VARIABLE result
  OUTPUT_FILE "${FOLDER}/log"
  ERROR_FILE "${FOLDER}/log")
if(NOT result EQUAL 0)
  file(READ "${FOLDER}/log" log)
  message(FATAL_ERROR "${PROGRAM} ended with ${result}; the input is in ${FOLDER}/found\n${log}")
endif()
file(STRINGS "${FOLDER}/log" last REGEX "DONE|^Done")
list(JOIN last "\n" last)
message("${last}")
