// ThreadSanitizer's options, and a suppression.

extern "C" const char* __tsan_default_options() { return "halt_on_error=1"; }

// The last owner of an exception frees it. The reference count is atomic with acquire and release, but in the C++
// library, which is compiled without the sanitizer. So the sanitizer does not see that all reads come before the free.
// (Two threads that rethrow copies of one std::exception_ptr give the same report.)
extern "C" const char* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\n"
         "race:std::__exception_ptr::__dest_thunk\n";
}
