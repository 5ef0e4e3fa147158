# One language level, one set of warnings, one set of sanitizers for every target of ours.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Test builds: compile time matters most there.
set(CMAKE_CXX_FLAGS_DEV "-O0 -g1")
set(CMAKE_C_FLAGS_DEV "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(CCACHE ccache)
if(CCACHE)
  # Paths are hashed relative to the source folder, so that presets and clones share what they can.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

add_library(lk_options INTERFACE)
target_compile_options(lk_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual> -Wnull-dereference -Wimplicit-fallthrough
  -Werror -fno-omit-frame-pointer -fstack-protector-strong)
target_compile_definitions(lk_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY BOOST_ASIO_DISABLE_BOOST_REGEX BOOST_ERROR_CODE_HEADER_ONLY)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives of these inside inlined standard library and coroutine code.
  target_compile_options(lk_options INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized -Wno-stringop-overflow
                                              -Wno-array-bounds -Wno-restrict -Wno-dangling-pointer)
  # And this one about coroutine frames, once the optimiser has inlined their allocation.
  target_compile_options(lk_options INTERFACE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-Wno-mismatched-new-delete>)
  target_compile_options(lk_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fcoroutines>)
endif()

if(LINEKEEPER_SANITIZE)
  add_compile_options(-fsanitize=${LINEKEEPER_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LINEKEEPER_SANITIZE})
  if(LINEKEEPER_SANITIZE MATCHES "undefined")
    # These two multiply g++'s compile time on coroutines and find nothing the address sanitizer does not.
    add_compile_options(-fno-sanitize=vptr,object-size)
  endif()
  if(LINEKEEPER_SANITIZE MATCHES "thread")
    # Asio's fences are not modelled by TSan and an error under -Werror.
    add_compile_options(-Wno-tsan)
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
