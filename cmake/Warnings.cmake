# The warnings our own code must be free of.
function(gaussmix_set_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${GAUSSMIX_WARNINGS_AS_ERRORS}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
      -Wnon-virtual-dtor -Wold-style-cast $<$<BOOL:${GAUSSMIX_WARNINGS_AS_ERRORS}>:-Werror>)
  endif()
endfunction()
