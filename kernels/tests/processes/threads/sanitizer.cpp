// What ThreadSanitizer is asked for, and what it does not see.

extern "C" const char* __tsan_default_options() { return "halt_on_error=1"; }

// An exception is freed by whoever lets go of it last. Its count of references is atomic, with acquire and release, but
// in the C++ library, which is compiled without the sanitizer: it does not see that who has read the exception is done
// before it is freed. (Two threads that rethrow copies of one std::exception_ptr are enough for the same report.)
extern "C" const char* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\n"
         "race:std::__exception_ptr::__dest_thunk\n";
}
