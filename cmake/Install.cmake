# `cmake --install`: library, headers, CMake package and pkg-config file, in a folder that may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/gaussmix")
install(TARGETS gaussmix EXPORT gaussmix-targets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cpp/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT gaussmix-targets NAMESPACE gaussmix:: DESTINATION "${package_folder}")

set(GAUSSMIX_NEEDS_OPENMP FALSE)
if(GAUSSMIX_OPENMP AND OpenMP_CXX_FOUND)
  set(GAUSSMIX_NEEDS_OPENMP TRUE)
endif()
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/gaussmix-config.cmake.in"
  "${PROJECT_BINARY_DIR}/gaussmix-config.cmake" INSTALL_DESTINATION "${package_folder}")
# Until 1.0 a minor version may change the C++ interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/gaussmix-config-version.cmake"
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/gaussmix-config.cmake" "${PROJECT_BINARY_DIR}/gaussmix-config-version.cmake"
  DESTINATION "${package_folder}")

# A static library hands on what it needs.
set(GAUSSMIX_PC_CFLAGS "")
set(GAUSSMIX_PC_NEEDS "")
if(NOT GAUSSMIX_SHARED)
  set(GAUSSMIX_PC_CFLAGS " -DGAUSSMIX_STATIC")
  foreach(library IN LISTS CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
    string(APPEND GAUSSMIX_PC_NEEDS " -l${library}")
  endforeach()
  string(APPEND GAUSSMIX_PC_NEEDS " -pthread")
  if(GAUSSMIX_NEEDS_OPENMP)
    string(APPEND GAUSSMIX_PC_NEEDS " ${OpenMP_CXX_FLAGS}")
  endif()
endif()
file(RELATIVE_PATH GAUSSMIX_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" GAUSSMIX_PC_PREFIX "${GAUSSMIX_PC_PREFIX}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/gaussmix.pc.in" "${PROJECT_BINARY_DIR}/gaussmix.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/gaussmix.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
