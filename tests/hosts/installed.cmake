# Installs this build and lets the project of this folder use it, as a stranger would.
if(NOT GAUSSMIX_INSTALL OR CMAKE_CROSSCOMPILING)
  return()
endif()
set(hosts "${PROJECT_BINARY_DIR}/hosts")
add_test(NAME hosts.install COMMAND "${CMAKE_COMMAND}" --install "${PROJECT_BINARY_DIR}" --prefix "${hosts}/prefix")
set_tests_properties(hosts.install PROPERTIES FIXTURES_SETUP installed)
add_test(NAME hosts.programs
  COMMAND "${CMAKE_CTEST_COMMAND}" --build-and-test "${CMAKE_CURRENT_LIST_DIR}" "${hosts}/build"
    --build-generator "${CMAKE_GENERATOR}" --build-makeprogram "${CMAKE_MAKE_PROGRAM}"
    --build-options "-DCMAKE_PREFIX_PATH=${hosts}/prefix" "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}"
      "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}" "-DCMAKE_C_FLAGS=${CMAKE_CXX_FLAGS}"
    --test-command "${CMAKE_CTEST_COMMAND}" --output-on-failure)
set_tests_properties(hosts.programs PROPERTIES FIXTURES_REQUIRED installed)
