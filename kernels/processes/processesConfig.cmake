# Read by find_package(processes): finds the dependencies, then defines processes::processes.
include(CMakeFindDependencyMacro)
foreach(package cereal fmt Threads)
  if(NOT TARGET ${package}::${package})
    find_dependency(${package})
  endif()
endforeach()
include(${CMAKE_CURRENT_LIST_DIR}/processesTargets.cmake)
