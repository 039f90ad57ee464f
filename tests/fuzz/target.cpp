#include "fuzz/target.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/printable.hpp"
#include "support/temp_dir.hpp"

namespace apq::fuzz {

void require(bool holds, std::string const& what) {
  if (!holds) throw std::logic_error(what);
}

bool is_read(std::string_view input) {
  static bool const is_quiet = [] {  // what readers say by the way would drown what the fuzzer says
    for (auto* logger : {&log::root(), &log::rank()}) logger->set_level(spdlog::level::off);
    return true;
  }();
  try {
    attempt(input);
    return is_quiet;
  } catch (Error const& e) {
    std::string const message = e.what();
    require(e.code() == Errc::config || e.code() == Errc::data || e.code() == Errc::io,
            fmt::format("an input is refused with status {}: {}", e.exit_status(), message));
    require(!message.empty(), "an error without a message");
    return false;
  }
}

std::filesystem::path scratch(std::string const& name) {
  static test::TempDir const folder = [] {  // in memory where that can be: thousands of files are written, some of which wait for the disk
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
    return test::TempDir();
  }();
  return folder / name;
}

std::filesystem::path scratch_file(std::string const& name, std::string_view content) {
  auto const path = scratch(name);
  test::write_quickly(path, std::string(content));
  return path;
}

std::uint64_t Pieces::number(std::size_t bytes) {
  std::uint64_t value = 0;
  for (char const c : text(bytes)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string_view Pieces::text(std::size_t size) {
  auto const piece = left_.substr(0, size);
  left_.remove_prefix(piece.size());
  return piece;
}

}  // namespace apq::fuzz
