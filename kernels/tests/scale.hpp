// How much of a long test to run: a short form in every `make test`, the full one with FAULTS=full in the environment.
#pragma once

#include <cstdlib>
#include <string_view>

inline bool at_full_scale() {
  const char* faults = std::getenv("FAULTS");
  return faults != nullptr && std::string_view(faults) == "full";
}

/// `short_form`, or `full_form` with FAULTS=full.
template <class T>
T scaled(T short_form, T full_form) {
  return at_full_scale() ? full_form : short_form;
}
