#pragma once

#include <filesystem>
#include <string>

namespace apq::test {

/// A fresh directory under the system's temporary one, removed with everything in it at the end of the scope.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(TempDir const&) = delete;
  TempDir& operator=(TempDir const&) = delete;
  std::filesystem::path const& path() const { return path_; }
  std::filesystem::path operator/(std::string const& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Writes a file without waiting for the disk, unlike replace_file: for tests that write thousands.
void write_quickly(std::filesystem::path const& path, std::string const& bytes);

}  // namespace apq::test
