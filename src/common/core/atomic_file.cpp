#include "common/core/atomic_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/random_token.hpp"

namespace apq {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(fs::path const& path, char const* action) {
  throw Error(Errc::io, fmt::format("{}: cannot {} ({})", path.string(), action, std::strerror(errno)));
}

void fsync_path(fs::path const& path, int flags) {
  int const fd = ::open(path.c_str(), flags);
  if (fd < 0) fail(path, "open");
  int const rc = ::fsync(fd);
  int const reason = errno;
  ::close(fd);
  errno = reason;
  // Some file systems refuse fsync on directories (EINVAL): the rename is then as durable as they make it.
  if (rc != 0 && !((flags & O_DIRECTORY) != 0 && reason == EINVAL)) fail(path, "flush to disk");
}

}  // namespace

void replace_file(fs::path const& path, std::function<void(fs::path const&)> const& write) {
  auto const directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  // Ranks, jobs on other hosts and dead predecessors never write one temporary file.
  fs::path const temporary = path.string() + "." + random_token().substr(0, 16) + ".partial";
  try {
    write(temporary);
    fsync_path(temporary, O_RDONLY);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "replace");
    fsync_path(directory, O_RDONLY | O_DIRECTORY);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void replace_file(fs::path const& path, std::string_view text) {
  replace_file(path, [&](fs::path const& temporary) {
    int const fd = ::open(temporary.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
    if (fd < 0) fail(temporary, "create");
    std::size_t done = 0;
    while (done < text.size()) {
      ssize_t const n = ::write(fd, text.data() + done, text.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        int const reason = errno;
        ::close(fd);
        errno = reason;
        fail(path, "write");
      }
      done += static_cast<std::size_t>(n);
    }
    if (::close(fd) != 0) fail(path, "write");
  });
}

std::string read_file(fs::path const& path) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) throw Error(Errc::io, fmt::format("{}: is a directory, not a file", path.string()));
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Errc::io, fmt::format("{}: cannot be opened for reading ({})", path.string(), std::strerror(errno)));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) throw Error(Errc::io, fmt::format("{}: cannot be read", path.string()));
  return text;
}

void make_directory(fs::path const& path) {
  std::error_code ec;
  fs::create_directories(path, ec);
  if (ec) throw Error(Errc::io, fmt::format("{}: cannot make the directory ({})", path.string(), ec.message()));
}

}  // namespace apq
