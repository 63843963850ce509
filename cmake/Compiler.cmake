# What the core asks of the compiler, whatever the project around it has set: its results do not depend on that.
#
# The core computes in the order of its source, with fused multiply-adds where the source has them, with NaN and infinity,
# and fast enough to be of use. Flags that a target gets come after CMAKE_CXX_FLAGS, so that they win.

# cl.exe has no vector types, which the kernels are made of; Clang has them in its place.
if(CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
  message(FATAL_ERROR "gaussmix: the kernels need vector types, which MSVC (cl.exe) does not have: "
    "use clang-cl, with -T ClangCL or -DCMAKE_CXX_COMPILER=clang-cl")
endif()

# The processor that is compiled for: CMake knows of another one where the compiler was told so.
function(gaussmix_find_processor result)
  set(processor "${CMAKE_SYSTEM_PROCESSOR}")
  if(APPLE AND CMAKE_OSX_ARCHITECTURES)
    list(LENGTH CMAKE_OSX_ARCHITECTURES n_architectures)
    if(n_architectures GREATER 1)
      message(FATAL_ERROR "gaussmix: CMAKE_OSX_ARCHITECTURES=\"${CMAKE_OSX_ARCHITECTURES}\" are several, and each has "
        "kernels of its own: build for one at a time, then join the libraries with lipo")
    endif()
    set(processor "${CMAKE_OSX_ARCHITECTURES}")
  endif()
  if(processor MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 4)
    set(processor i686)  # -m32
  endif()
  set(${result} "${processor}" PARENT_SCOPE)
endfunction()

# The same flags as this compiler takes them: clang-cl heeds what GCC and Clang know only behind /clang:, and without it
# leaves some out with no more than a warning.
function(gaussmix_flags result)
  set(flags ${ARGN})
  if(CMAKE_CXX_COMPILER_FRONTEND_VARIANT STREQUAL "MSVC")
    list(TRANSFORM flags PREPEND "/clang:")
  endif()
  set(${result} ${flags} PARENT_SCOPE)
endfunction()

# Take back all that a parent project's flags for fast mathematics allow. Then -ffp-contract=off: sums are contracted to
# FMA only where the source says so, whatever the compiler's taste; it is the last, as Clang has the others undo it.
gaussmix_flags(GAUSSMIX_EXACT_FLAGS -fno-fast-math -fno-unsafe-math-optimizations -fno-associative-math
  -fno-reciprocal-math -fno-finite-math-only -fsigned-zeros -ffp-contract=off)
gaussmix_find_processor(GAUSSMIX_PROCESSOR)
if(GAUSSMIX_PROCESSOR MATCHES "^(i[3-6]86|x86|X86)$")
  gaussmix_flags(without_x87 -msse2 -mfpmath=sse)  # whose registers round otherwise
  list(APPEND GAUSSMIX_EXACT_FLAGS ${without_x87})
endif()

# For targets that compute: those flags, and optimisation where nothing says how much.
function(gaussmix_set_compiler_options target)
  target_compile_options(${target} PRIVATE ${GAUSSMIX_EXACT_FLAGS})
  # Files of the core share names of what is their own.
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  get_property(is_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(NOT CMAKE_BUILD_TYPE AND NOT is_multi_config AND NOT CMAKE_CXX_FLAGS MATCHES "(^| )[-/]O")
    message(NOTICE "gaussmix: CMAKE_BUILD_TYPE is not set, ${target} is compiled with -O3 all the same: "
      "without optimisation it takes thirteen times as long")
    gaussmix_flags(optimised -O3)
    target_compile_options(${target} PRIVATE ${optimised})
  endif()
endfunction()
