// Runs a target under libFuzzer (https://llvm.org/docs/LibFuzzer.html); FUZZ_TARGET is its name.
#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
