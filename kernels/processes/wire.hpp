// How values travel between processes: trivially copyable ones, strings and vectors of such as their bytes, anything
// else through cereal (https://uscilab.github.io/cereal/), for which a type of your own needs a serialize() function.
// Both ends run the same program, so layout and byte order agree. Pointers and views do not travel: what they point to
// is the sender's.
#pragma once

#include <cereal/archives/binary.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>
#include <cstdint>
#include <cstring>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace processes {

template <class T>
concept Plain = std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T> && !std::is_pointer_v<T> &&
                !std::ranges::view<T>;

/// Appends values to a string of bytes.
class Encoder {
 public:
  template <Plain T>
  void put(const T& value) {
    put_bytes(&value, sizeof value);
  }

  void put(const std::string& text) { put_sized(text.data(), text.size()); }

  template <Plain T>
  requires(!std::is_same_v<T, bool>) void put(const std::vector<T>& values) {
    put_sized(values.data(), values.size() * sizeof(T));
  }

  template <class T>
  void put(const T& value) {
    std::ostringstream stream;
    cereal::BinaryOutputArchive{stream}(value);
    put(stream.str());
  }

  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  void put_bytes(const void* data, std::size_t size) {
    if (size > 0) bytes_.append(static_cast<const char*>(data), size);
  }
  void put_sized(const void* data, std::size_t size) {
    put(static_cast<std::uint64_t>(size));
    put_bytes(data, size);
  }

  std::string bytes_;
};

/// Takes values from a string of bytes, in the order and with the types with which they were put.
/// Throws std::runtime_error (cereal::Exception among them) when the bytes end too soon.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T get() {
    T value{};
    read(value);
    return value;
  }

 private:
  template <Plain T>
  void read(T& value) {
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
  }

  void read(std::string& text) { text = take_sized(); }

  template <Plain T>
  requires(!std::is_same_v<T, bool>) void read(std::vector<T>& values) {
    const std::string_view bytes = take_sized();
    if (bytes.size() % sizeof(T) != 0) throw std::runtime_error("a message holds a part of a value at its end");
    values.resize(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  }

  template <class T>
  void read(T& value) {
    std::istringstream stream{std::string(take_sized())};
    cereal::BinaryInputArchive{stream}(value);
  }

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) throw std::runtime_error("a message ends within a value");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view take_sized() { return take(get<std::uint64_t>()); }

  std::string_view rest_;
};

}  // namespace processes
