# What find_package(processes) reads of an installed library: what it needs itself, then processes::processes.
include(CMakeFindDependencyMacro)
foreach(package cereal fmt Threads)
  if(NOT TARGET ${package}::${package})
    find_dependency(${package})
  endif()
endforeach()
include(${CMAKE_CURRENT_LIST_DIR}/processesTargets.cmake)
