# Run at every build (cmake -P): the revision is that of the build, not of the configuration.
execute_process(COMMAND git -C "${SOURCE_DIR}" rev-parse --short=12 HEAD OUTPUT_VARIABLE REVISION
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE no_revision)
if(no_revision)
  set(REVISION "unknown")
  set(REVISION_DIRTY "unknown")
else()
  # Results are data: storing a run does not change what was measured.
  execute_process(COMMAND git -C "${SOURCE_DIR}" status --porcelain -- . ":!results" OUTPUT_VARIABLE changes)
  if(changes)
    set(REVISION_DIRTY "yes")
  else()
    set(REVISION_DIRTY "no")
  endif()
endif()
configure_file("${SOURCE_DIR}/bench/build_info.hpp.in" "${OUTPUT}" @ONLY)
