# Runs at every build (cmake -P), so the revision is that of the build, not of the configuration. It is unknown unless
# SOURCE_DIR is the top level of a repository: sources inside another project's checkout do not have its revision.

# A hook, or `git rebase --exec`, sets variables such as GIT_DIR, which point to its own repository.
execute_process(COMMAND git rev-parse --local-env-vars OUTPUT_VARIABLE variables ERROR_QUIET)
string(REGEX MATCHALL "[^\n]+" variables "${variables}")
foreach(variable IN LISTS variables)
  unset(ENV{${variable}})
endforeach()

# One of these fails without git, outside a repository, without a commit, or if git does not trust the repository.
set(REVISION "unknown")
set(REVISION_DIRTY "unknown")
file(REAL_PATH "${SOURCE_DIR}" source)
execute_process(COMMAND git -C "${source}" rev-parse --show-toplevel OUTPUT_VARIABLE top ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE top_failed)
execute_process(COMMAND git -C "${source}" rev-parse --verify --short=12 HEAD OUTPUT_VARIABLE head ERROR_QUIET
                OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE head_failed)
if(top_failed EQUAL 0 AND head_failed EQUAL 0 AND top STREQUAL source)
  set(REVISION "${head}")
  # Results are data: a stored run does not change what was measured. An untracked file, such as samples, counts only if
  # it is among the sources.
  execute_process(COMMAND git -C "${source}" status --porcelain --untracked-files=no -- . ":!results"
                  OUTPUT_VARIABLE changes ERROR_QUIET RESULT_VARIABLE status_failed)
  execute_process(COMMAND git -C "${source}" ls-files --others --exclude-standard -- kernels bench
                  OUTPUT_VARIABLE additions ERROR_QUIET RESULT_VARIABLE additions_failed)
  if(status_failed EQUAL 0 AND additions_failed EQUAL 0)
    if(changes STREQUAL "" AND additions STREQUAL "")
      set(REVISION_DIRTY "no")
    else()
      set(REVISION_DIRTY "yes")
    endif()
  endif()
endif()
configure_file("${SOURCE_DIR}/bench/build_info.hpp.in" "${OUTPUT}" @ONLY)
