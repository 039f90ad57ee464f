#include "collect/partial_files.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

namespace apq::collect {
namespace fs = std::filesystem;

void remove_partial_files(fs::path const& directory, job::JobWatch& watch) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(directory))
    if (entry.path().extension() == ".partial") files.push_back(entry.path());
  for (auto const& file : files) {
    auto const name = file.filename().string();
    auto const token = name.substr(0, name.find('-'));
    bool const is_token = token.size() == 32 && token.find_first_not_of("0123456789abcdef") == std::string::npos;
    std::error_code ec;
    if (is_token && watch.is_gone(token)) fs::remove(file, ec);
  }
}

}  // namespace apq::collect
