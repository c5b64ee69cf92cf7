#include "processes/worker.hpp"

#include <cxxabi.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <typeinfo>

namespace processes {

namespace {

/// The name of the type of the exception being handled, as it is written in the program.
std::string current_exception_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an unknown type";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 ? name.get() : type->name();
}

std::string framed(ResponseHeader header, std::string bytes) {
  header.size = bytes.size();
  bytes.insert(0, reinterpret_cast<const char*>(&header), sizeof header);
  return bytes;
}

std::string exception_response(std::uint64_t at, const std::string& message) {
  Encoder encoder;
  encoder.put(current_exception_type());
  encoder.put(message);
  return framed({.kind = ResponseHeader::Kind::exception, .at = at}, encoder.take());
}

std::string answer(const RequestHeader& request, std::string_view bytes) {
  std::uint64_t at = 0;
  try {
    Decoder arguments(bytes);
    Encoder results;
    request.runner(request.function, request.items, arguments, results, at);
    return framed({.kind = ResponseHeader::Kind::results}, results.take());
  } catch (const std::exception& error) {
    return exception_response(at, error.what());
  } catch (...) {
    return exception_response(at, "");
  }
}

}  // namespace

int run_worker(const Descriptor& requests, const Descriptor& responses, const std::function<void()>& initialiser) {
  if (initialiser) initialiser();
  const pid_t self = ::getpid();
  RequestHeader request;
  std::string arguments;
  while (read_all(requests, reinterpret_cast<char*>(&request), sizeof request) && request.runner != nullptr) {
    arguments.resize(request.size);
    // Without its arguments a request is none: the parent died in the middle of it.
    if (request.size > 0 && !read_all(requests, arguments.data(), arguments.size())) return 0;
    try {
      const std::string response = answer(request, arguments);
      if (::getpid() != self) ::_exit(0);  // a child that the task forked and that returned from it
      write_all(responses, response);
    } catch (const std::system_error& error) {
      // The parent has gone, and nobody is left to answer or to tell.
      if (error.code() == std::errc::broken_pipe) return 0;
      throw;
    }
  }
  return 0;
}

}  // namespace processes
