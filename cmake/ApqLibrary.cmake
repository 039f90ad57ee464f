# apq_library(NAME space SOURCES a.cpp b.cpp LINK apq::core): one static library per folder, alias apq::space.
# TORCH: sources include LibTorch, whose headers are compiled once for all (10 s a file otherwise).
add_library(apq_options INTERFACE)
target_compile_features(apq_options INTERFACE cxx_std_20)
target_compile_options(apq_options INTERFACE -Wall -Wextra -Wshadow -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread> $<$<BOOL:${APQ_WERROR}>:-Werror>)
target_include_directories(apq_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

file(WRITE ${PROJECT_BINARY_DIR}/torch_headers.cpp "// holds the precompiled headers of LibTorch\n")
add_library(apq_torch_headers STATIC ${PROJECT_BINARY_DIR}/torch_headers.cpp)
target_link_libraries(apq_torch_headers PUBLIC apq_options torch)
target_precompile_headers(apq_torch_headers PRIVATE <ATen/ATen.h>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(apq_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)  # ccache asks for it
endif()

function(apq_use_torch target)
  target_link_libraries(${target} PRIVATE torch)
  target_precompile_headers(${target} REUSE_FROM apq_torch_headers)
endfunction()

function(apq_library)
  cmake_parse_arguments(ARG "TORCH" "NAME" "SOURCES;LINK" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "apq_library: unknown ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  foreach(item IN LISTS ARG_LINK)
    if(NOT TARGET ${item})
      message(FATAL_ERROR "apq_library(${ARG_NAME}): ${item} is not a target")
    endif()
  endforeach()
  add_library(apq_${ARG_NAME} STATIC ${ARG_SOURCES})
  add_library(apq::${ARG_NAME} ALIAS apq_${ARG_NAME})
  target_link_libraries(apq_${ARG_NAME} PUBLIC apq_options ${ARG_LINK})
  if(ARG_TORCH)
    apq_use_torch(apq_${ARG_NAME})
  endif()
endfunction()
