// How values are encoded in messages. Trivially copyable values, and strings and vectors of these, as their bytes. All
// else through cereal (https://uscilab.github.io/cereal/): your own type needs a serialize() function. Both ends run
// the same program, so layout and byte order agree. Pointers to data are rejected, since they are valid only in the
// sender. Pointers to functions are valid at both ends (ErasedFunction in worker.hpp says why). A std::string_view or a
// std::span<const T> is sent with its elements and decoded as a view of the message, without a copy.
#pragma once

#include <array>
#include <bit>
#include <cereal/archives/binary.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "processes/transport/message_archive.hpp"
#include "processes/transport/pointers.hpp"

namespace processes {

template <class T>
concept Plain = std::is_trivially_copyable_v<T> && !pointers::held_by<T>() && !std::ranges::view<T>;

/// The owning type in which a view is stored; any other type is stored as itself.
template <class T>
struct OwnedOf {
  using type = T;
};
template <class T>
struct OwnedOf<std::span<const T>> {
  using type = std::vector<T>;
};
template <>
struct OwnedOf<std::string_view> {
  using type = std::string;
};
template <class T>
using Owned = typename OwnedOf<std::decay_t<T>>::type;

template <class T>
inline constexpr bool is_view = !std::is_same_v<Owned<T>, std::decay_t<T>>;

/// Alignment of sized bytes, from the message's first byte: views of them are aligned.
inline constexpr std::size_t wire_alignment = 8;

constexpr std::size_t wire_aligned(std::size_t size) { return (size + wire_alignment - 1) & ~(wire_alignment - 1); }

/// Encodes the values of a message in order: appends to a string, or writes to a buffer of fixed size. What does not
/// fit into the buffer is counted but not written.
class Encoder {
 public:
  explicit Encoder(std::string& text) : text_(&text), begin_(text.size()) {}
  explicit Encoder(std::span<char> place) : place_(place) {}

  template <Plain T>
  void put(const T& value) {
    put_bytes(&value, sizeof value);
  }

  void put(std::string_view text) { put_sized(text.data(), text.size()); }
  void put(const std::string& text) { put_sized(text.data(), text.size()); }

  template <Plain T>
  void put(std::span<const T> values) {
    static_assert(alignof(T) <= wire_alignment, "a view of such values would not be aligned");
    put_sized(values.data(), values.size_bytes());
  }

  template <Plain T>
    requires(!std::is_same_v<T, bool>)
  void put(const std::vector<T>& values) {
    put_sized(values.data(), values.size() * sizeof(T));
  }

  template <class T>
  void put(const T& value) {
    static_assert(
        !pointers::points_to_data<T> &&
            (!pointers::held_by<T>() || cereal::traits::is_output_serializable<T, cereal::BinaryOutputArchive>::value),
        "a pointer cannot be sent: it is valid only in the sender's memory");
    std::ostringstream stream;
    cereal::BinaryOutputArchive archive{stream};
    if constexpr (std::is_default_constructible_v<T>) {
      archive(value);
    } else {  // cereal constructs one through a pointer, by its load_and_construct()
      archive(std::unique_ptr<const T, Borrowed>(&value));
    }
    put(std::string_view(stream.view()));
  }

  /// The bytes of a trivially copyable object, whatever its type.
  template <class T>
  void put_object(const T& object) {
    static_assert(std::is_trivially_copyable_v<T>);
    put_bytes(&object, sizeof object);
  }

  /// Encodes a nested message, which Decoder::nested() reads.
  template <class Put>
  void nested(const Put& put_values) {
    align();
    const std::size_t begin = size_;
    put(std::uint64_t{0});
    put_values(*this);
    const std::uint64_t inner = size_ - begin - sizeof(std::uint64_t);
    if (text_ != nullptr) {
      std::memcpy(text_->data() + begin_ + begin, &inner, sizeof inner);
    } else if (begin + sizeof inner <= place_.size()) {
      std::memcpy(place_.data() + begin, &inner, sizeof inner);
    }
  }

  /// The size of all values in bytes, whether they fit or not.
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool fits() const { return text_ != nullptr || size_ <= place_.size(); }

 private:
  struct Borrowed {
    void operator()(const void* /*value*/) const {}
  };

  void put_bytes(const void* data, std::size_t size) {
    if (text_ != nullptr) {
      if (size > 0) text_->append(static_cast<const char*>(data), size);
    } else if (size > 0 && size_ <= place_.size() && size <= place_.size() - size_) {
      std::memcpy(place_.data() + size_, data, size);
    }
    size_ += size;
  }
  void put_sized(const void* data, std::size_t size) {
    align();
    put(static_cast<std::uint64_t>(size));
    put_bytes(data, size);
  }
  void align() {
    constexpr std::array<char, wire_alignment> zeros{};
    put_bytes(zeros.data(), wire_aligned(size_) - size_);
  }

  std::string* text_ = nullptr;
  std::size_t begin_ = 0;  // of the message in the text
  std::span<char> place_;
  std::size_t size_ = 0;
};

/// Decodes values in the order and with the types in which they were encoded. Decoded views are valid as long as the
/// bytes. Throws std::runtime_error (also cereal::Exception) if the bytes end too soon.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  T get() {
    if constexpr (std::is_default_constructible_v<T>) {
      T value{};
      read(value);
      return value;
    } else if constexpr (Plain<T>) {
      return get_object<T>();
    } else {
      std::unique_ptr<T> value;
      MessageArchive{take_sized()}(value);
      if (!value) throw std::runtime_error("a message has no value where an object was expected");
      return std::move(*value);
    }
  }

  /// Decodes what Encoder::put_object() encoded.
  template <class T>
  T get_object() {
    std::array<std::byte, sizeof(T)> bytes{};
    std::memcpy(bytes.data(), take(sizeof(T)).data(), sizeof(T));
    return std::bit_cast<T>(bytes);
  }

  Decoder nested() { return Decoder(take_sized()); }

 private:
  template <Plain T>
  void read(T& value) {
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
  }

  /// Any byte except 0 is true: a bool with another value than 0 and 1 would be undefined behaviour.
  void read(bool& value) { value = get<unsigned char>() != 0; }
  void read(std::string_view& text) { text = take_sized(); }
  void read(std::string& text) { text = take_sized(); }

  template <Plain T>
  void read(std::span<const T>& values) {
    const std::string_view bytes = take_values(sizeof(T));
    values = {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }

  template <Plain T>
    requires(!std::is_same_v<T, bool>)
  void read(std::vector<T>& values) {
    const std::string_view bytes = take_values(sizeof(T));
    // Through an aligned pointer if possible: the vector is then filled once and not cleared first.
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0) {
      const auto* first = reinterpret_cast<const T*>(bytes.data());
      values.assign(first, first + bytes.size() / sizeof(T));  // NOLINT(bugprone-sizeof-expression): in elements
      return;
    }
    values.resize(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  }

  template <class T>
  void read(T& value) {
    MessageArchive{take_sized()}(value);
  }

  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_) throw std::runtime_error("a message ends inside a value: it is damaged");
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }
  std::string_view take_sized() {
    take(wire_aligned(at_) - at_);
    return take(get<std::uint64_t>());
  }
  std::string_view take_values(std::size_t size) {
    const std::string_view bytes = take_sized();
    if (bytes.size() % size != 0) throw std::runtime_error("a message ends with a partial value: it is damaged");
    return bytes;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace processes
