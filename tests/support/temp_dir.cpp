#include "support/temp_dir.hpp"

#include <cstdlib>
#include <stdexcept>

namespace apq::test {

TempDir::TempDir() {
  auto name = (std::filesystem::temp_directory_path() / "apq-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + name);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ec;
  std::filesystem::remove_all(path_, ec);
}

}  // namespace apq::test
