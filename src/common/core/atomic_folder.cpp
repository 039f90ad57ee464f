#include "common/core/atomic_folder.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/random_token.hpp"

namespace apq {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(fs::path const& path, int reason) {
  throw Error(Errc::io, fmt::format("{}: cannot take the place of a folder ({})", path.string(), std::strerror(reason)));
}

void put_new(fs::path const& temporary, fs::path const& path) {
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) fail(path, errno);
  // A network file system: an empty folder may be replaced, any other is refused.
  if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(path, errno);
}

// Leaves in `temporary` what was at `path`, if anything.
void exchange(fs::path const& temporary, fs::path const& path) {
  if (!fs::exists(path)) {
    if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(path, errno);
    return;
  }
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) return;
  // Network file systems cannot: for a moment nothing has the name.
  auto const aside = temporary.string() + ".old";
  if (std::rename(path.c_str(), aside.c_str()) != 0) fail(path, errno);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    int const reason = errno;
    std::rename(aside.c_str(), path.c_str());
    fail(path, reason);
  }
  if (std::rename(aside.c_str(), temporary.c_str()) != 0) fail(path, errno);
}

}  // namespace

namespace {

void fill_folder(fs::path path, std::function<void(fs::path const&)> const& fill, void (*put)(fs::path const&, fs::path const&)) {
  if (!path.has_filename()) path = path.parent_path();  // a slash at the end
  fs::path const temporary = path.string() + "." + random_token().substr(0, 16) + ".partial";
  std::error_code ignored;
  try {
    make_directory(temporary);
    fill(temporary);
    put(temporary, path);
  } catch (...) {
    fs::remove_all(temporary, ignored);
    throw;
  }
  fs::remove_all(temporary, ignored);
}

}  // namespace

void replace_folder(fs::path const& path, std::function<void(fs::path const&)> const& fill) { fill_folder(path, fill, exchange); }
void make_folder(fs::path const& path, std::function<void(fs::path const&)> const& fill) { fill_folder(path, fill, put_new); }

}  // namespace apq
