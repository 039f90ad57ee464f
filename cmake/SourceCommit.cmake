# cmake -D SOURCE_DIR=... -D OUTPUT=... -P SourceCommit.cmake: `git describe` of the sources as a C++ file, which is touched only when its
# content changes. Sources that are no git work tree of their own (a tarball, also one unpacked inside another project's) have none.
set(commit "")
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE_DIR} rev-parse --show-toplevel
                  OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  get_filename_component(source "${SOURCE_DIR}" REALPATH)
  if("${top}" STREQUAL "${source}")
    execute_process(COMMAND ${GIT} --no-optional-locks -C ${SOURCE_DIR} describe --tags --always --dirty
                    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
namespace apq {
char const* source_commit();
char const* source_commit() { return "@commit@"; }
}  // namespace apq
]])
