// Sources of the signatures: file(1)'s magic(5) data, and the formats' specifications.
#include "programs/parzen/file_kind.hpp"

#include <algorithm>
#include <array>

namespace tool {

namespace {

using namespace std::string_view_literals;

struct Mark {
  std::string_view bytes;
  FileKind kind;
};

constexpr std::string_view by_pandas = "write it as CSV, in Python by pandas' to_csv(..., index=False)";
constexpr std::string_view by_matlab = "write it as CSV, in MATLAB by writematrix";
constexpr std::string_view by_r = "write it as CSV, in R by write.csv(..., row.names = FALSE)";
constexpr std::string_view another = "give the file with the numbers as CSV";

// If one signature starts with another, the longer one comes first.
constexpr std::array marks{
    Mark{"\xFF\xFE\0\0"sv, {"UTF-32", "iconv -f UTF-32 -t UTF-8 FILE", ""}},
    Mark{"\0\0\xFE\xFF"sv, {"UTF-32", "iconv -f UTF-32 -t UTF-8 FILE", ""}},
    Mark{"\xFF\xFE"sv, {"UTF-16", "iconv -f UTF-16 -t UTF-8 FILE", ""}},
    Mark{"\xFE\xFF"sv, {"UTF-16", "iconv -f UTF-16 -t UTF-8 FILE", ""}},
    Mark{"\x1F\x8B"sv, {"compressed by gzip", "gunzip -c FILE", ""}},
    Mark{"\x1F\x9D"sv, {"compressed by compress", "gunzip -c FILE", ""}},
    Mark{"BZh"sv, {"compressed by bzip2", "bunzip2 -c FILE", ""}},
    Mark{"\xFD\x37zXZ\0"sv, {"compressed by xz", "xz -dc FILE", ""}},
    Mark{"\x28\xB5\x2F\xFD"sv, {"compressed by zstd", "zstd -dc FILE", ""}},
    Mark{"\x04\x22\x4D\x18"sv, {"compressed by lz4", "lz4 -dc FILE", ""}},
    Mark{"PK\x05\x06"sv, {"a ZIP archive without files", "", another}},
    Mark{"PK\x03\x04"sv,
         {"a ZIP archive, which .xlsx, .ods and .npz are too", "",
          "unpack it if it has a CSV file (unzip), else save it as CSV where it was made"}},
    Mark{"7z\xBC\xAF\x27\x1C"sv, {"a 7z archive", "", "unpack it first"}},
    Mark{"Rar!\x1A\x07"sv, {"a RAR archive", "", "unpack it first"}},
    Mark{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, {"a document of Microsoft Office", "", "save it as CSV"}},
    Mark{"\x93NUMPY"sv,
         {"an array of NumPy",
          "python3 -c 'import numpy, sys; numpy.savetxt(sys.stdout, numpy.load(sys.argv[1]))' FILE", ""}},
    Mark{"\x80\x02"sv, {"a pickle of Python", "", by_pandas}},
    Mark{"\x80\x03"sv, {"a pickle of Python", "", by_pandas}},
    Mark{"\x80\x04"sv, {"a pickle of Python", "", by_pandas}},
    Mark{"\x80\x05"sv, {"a pickle of Python", "", by_pandas}},
    Mark{"\x89HDF\r\n\x1A\n"sv, {"HDF5", "", by_pandas}},
    Mark{"PAR1\x15"sv, {"Parquet", "", by_pandas}},
    Mark{"ARROW1\0\0"sv, {"Arrow", "", by_pandas}},
    Mark{"FEA1\0"sv, {"Feather", "", by_pandas}},
    Mark{"SQLite format 3\0"sv, {"an SQLite database", "sqlite3 -csv FILE 'select ...'", ""}},
    Mark{"RDX2\n"sv, {"data saved by R", "", by_r}},
    Mark{"RDX3\n"sv, {"data saved by R", "", by_r}},
    Mark{"RDA2\n"sv, {"data saved by R", "", by_r}},
    Mark{"RDA3\n"sv, {"data saved by R", "", by_r}},
    Mark{"X\n\0\0\0"sv, {"data saved by R", "", by_r}},
    Mark{"MATLAB 5.0 MAT-file"sv, {"data saved by MATLAB", "", by_matlab}},
    Mark{"MATLAB 7.3 MAT-file"sv, {"data saved by MATLAB", "", by_matlab}},
    Mark{"<stata_dta>"sv, {"data saved by Stata", "", by_pandas}},
    Mark{"$FL2@(#)"sv, {"data saved by SPSS", "", by_pandas}},
    Mark{R"({\rtf)"sv, {"a document in RTF", "", "save it as plain text, or its table as CSV"}},
    Mark{"%!PS"sv, {"a PostScript document", "", another}},
    Mark{"\x89PNG\r\n\x1A\n"sv, {"a picture (PNG)", "", another}},
    Mark{"\xFF\xD8\xFF"sv, {"a picture (JPEG)", "", another}},
    Mark{"GIF87a"sv, {"a picture (GIF)", "", another}},
    Mark{"GIF89a"sv, {"a picture (GIF)", "", another}},
    Mark{"%PDF-"sv, {"a PDF document", "", another}},
    Mark{"\x7F\x45LF"sv, {"a program", "", another}},
};

/// Whether the text starts with that tag, in lower case.
bool begins(std::string_view text, std::string_view tag) {
  const auto lower_case = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(text.substr(0, tag.size()), tag, {}, lower_case);
}

/// Text formats; blanks and a byte order mark may come first.
std::optional<FileKind> marked_text(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  text.remove_prefix(first);
  if (text.front() == '[' || text.front() == '{') return FileKind{"JSON", "", by_pandas};
  if (begins(text, "<?xml")) return FileKind{"XML", "", "save its table as CSV where it was made"};
  for (const std::string_view tag : {"<!doctype html", "<html", "<table"}) {
    if (begins(text, tag)) return FileKind{"HTML", "", "save its table as CSV where it was made"};
  }
  return std::nullopt;
}

/// Whether it may be the first character of a line of values in ASCII.
bool may_begin(char c) { return c > ' ' && c < '\x7F'; }

/// UTF-16 or UTF-32 without a byte order mark: an ASCII character has two or four bytes, all but one of them 0.
std::optional<FileKind> wide_characters(std::string_view bytes) {
  constexpr std::size_t longest = 4;
  if (bytes.size() < longest) return std::nullopt;
  const bool first = may_begin(bytes[0]) && bytes[1] == '\0';
  if (first && bytes[2] == '\0' && bytes[3] == '\0') {
    return FileKind{"UTF-32", "iconv -f UTF-32LE -t UTF-8 FILE", ""};
  }
  if (first && bytes[3] == '\0') {
    return FileKind{"UTF-16", "iconv -f UTF-16LE -t UTF-8 FILE", ""};
  }
  if (bytes[0] != '\0') return std::nullopt;
  if (bytes[1] == '\0' && bytes[2] == '\0' && may_begin(bytes[3])) {
    return FileKind{"UTF-32", "iconv -f UTF-32BE -t UTF-8 FILE", ""};
  }
  if (may_begin(bytes[1]) && bytes[2] == '\0') {
    return FileKind{"UTF-16", "iconv -f UTF-16BE -t UTF-8 FILE", ""};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FileKind> file_kind(std::string_view beginning) {
  for (const auto& [bytes, kind] : marks) {
    if (beginning.starts_with(bytes)) return kind;
  }
  constexpr std::size_t tar_mark = 257;  // after the header of the first file (POSIX, pax)
  if (beginning.size() > tar_mark && beginning.substr(tar_mark).starts_with("ustar")) {
    return FileKind{"a tar archive", "tar -xOf FILE", ""};
  }
  if (const auto kind = marked_text(beginning)) return kind;
  return wide_characters(beginning);
}

}  // namespace tool
