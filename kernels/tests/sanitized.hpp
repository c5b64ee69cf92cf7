/// Which sanitizer the tests are compiled with. GCC defines a macro for each; Clang has __has_feature.
#pragma once

namespace sanitized {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool addresses = true;
#elif defined(__has_feature)
inline constexpr bool addresses = __has_feature(address_sanitizer);
#else
inline constexpr bool addresses = false;
#endif

#ifdef __SANITIZE_THREAD__
inline constexpr bool threads = true;
#elif defined(__has_feature)
inline constexpr bool threads = __has_feature(thread_sanitizer);
#else
inline constexpr bool threads = false;
#endif

}  // namespace sanitized
