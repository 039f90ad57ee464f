# apq_add_test(NAME pareto SOURCES pareto_test.cpp LINK apq::search LABELS unit)            one process
# apq_add_test(NAME collectives SOURCES ... LINK apq::mpi RANKS 1 2 3)                        one ctest per rank count, label mpi
# TORCH: as of apq_library.
# What links no LibTorch also gets the label light; the target light_tests builds all of it. That much is quickly built anew,
# so that scripts/test runs it once more under the sanitizers.
# Tests find the source tree, the executable and the optional data through the environment (see below).
# Leaks are looked for (preset asan) in tests that are one process. Open MPI unloads its plug-ins before leaks are counted, so that
# no suppression can name what they never free.
set(apq_test_environment
    "LSAN_OPTIONS=detect_leaks=0"
    "OMPI_ALLOW_RUN_AS_ROOT=1" "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1" "OMPI_MCA_rmaps_base_oversubscribe=1"
    "PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe" "OMPI_MCA_mpi_yield_when_idle=1"
    "OMPI_MCA_hwloc_base_binding_policy=none" "PRTE_MCA_hwloc_default_binding_policy=none"
    "OMP_NUM_THREADS=1" "OPENBLAS_NUM_THREADS=1"
    "APQ_SOURCE_DIR=${PROJECT_SOURCE_DIR}" "APQ_EXE=${PROJECT_BINARY_DIR}/apq")

add_custom_target(light_tests)
apq_headers(apq_test_headers LINK fmt::fmt GTest::gtest HEADERS ${apq_usual_headers} <gtest/gtest.h>)

function(apq_add_test)
  cmake_parse_arguments(ARG "TORCH" "NAME;TIMEOUT" "SOURCES;LINK;LABELS;RANKS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "apq_add_test: unknown ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  foreach(item IN LISTS ARG_LINK)
    if(NOT TARGET ${item})
      message(FATAL_ERROR "apq_add_test(${ARG_NAME}): ${item} is not a target")
    endif()
  endforeach()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 5")  # neither optimised nor unchecked
  endif()
  add_executable(${ARG_NAME}_test ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME}_test PRIVATE ${ARG_LINK} apq_test_support)
  target_include_directories(${ARG_NAME}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  if(ARG_TORCH)
    apq_use_torch(${ARG_NAME}_test)
  endif()
  apq_note_torch(${ARG_NAME}_test)
  apq_use_usual_headers(${ARG_NAME}_test apq_test_headers)
  get_target_property(needs_torch ${ARG_NAME}_test APQ_NEEDS_TORCH)
  if(NOT needs_torch)
    list(APPEND ARG_LABELS light)
    add_dependencies(light_tests ${ARG_NAME}_test)
  endif()
  if(ARG_RANKS)
    target_link_libraries(${ARG_NAME}_test PRIVATE apq_mpi_test_main)
    foreach(ranks IN LISTS ARG_RANKS)
      add_test(NAME ${ARG_NAME}/np${ranks}
               COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:${ARG_NAME}_test>)
      set_tests_properties(${ARG_NAME}/np${ranks} PROPERTIES LABELS "mpi;${ARG_LABELS}" PROCESSORS ${ranks}
        TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77 ENVIRONMENT "${apq_test_environment}")
    endforeach()
  else()
    target_link_libraries(${ARG_NAME}_test PRIVATE apq_test_main)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME}_test)
    set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
      SKIP_RETURN_CODE 77 ENVIRONMENT "${apq_test_environment};LSAN_OPTIONS=detect_leaks=1")
  endif()
endfunction()
