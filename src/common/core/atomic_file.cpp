#include "common/core/atomic_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/host_name.hpp"
#include "common/core/random_token.hpp"

namespace apq {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(fs::path const& path, char const* action) {
  throw Error(Errc::io, fmt::format("{}: cannot {} ({})", path.string(), action, std::strerror(errno)));
}

// Absent, with errno, where reading fails.
std::optional<std::string> all_of(int fd) {
  std::string text;
  std::size_t done = 0;
  for (;;) {
    if (text.size() - done < (std::size_t{1} << 16)) text.resize(std::max(2 * text.size(), std::size_t{1} << 17));
    ssize_t const n = ::read(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  text.resize(done);
  return text;
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

// Nobody's link is followed, and nobody's file is taken for the new one.
int create_exclusively(fs::path const& path) {
  int const fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) fail(path, "create");
  return fd;
}

// Closes it.
void write_all(int fd, std::string_view text, fs::path const& path) {
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
}

// Where a link leads, to a file that need not be there yet.
fs::path followed(fs::path path) {
  constexpr int most_links = 40;  // as Linux follows
  std::error_code ec;
  for (int links = 0; fs::is_symlink(path, ec); ++links) {
    if (links == most_links) throw Error(Errc::io, fmt::format("{}: is a link that leads back to itself", path.string()));
    path = path.parent_path() / fs::read_symlink(path);
  }
  return path;
}

// Who left it is told by its name: a host, and what no other process draws.
fs::path temporary_beside(fs::path const& path) {
  auto host = host_name().substr(0, 32);
  host.resize(std::min(host.find('.'), host.size()));
  return path.string() + "." + host + "." + random_token().substr(0, 16) + ".partial";
}

// Puts a temporary file where it belongs; false: `publish` did not want it.
bool publish_file(fs::path const& path, std::function<void(fs::path const&)> const& write,
                  std::function<bool(fs::path const& temporary)> const& publish) {
  auto const directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  // Ranks, jobs on other hosts and dead predecessors never write one temporary file.
  auto const temporary = temporary_beside(path);
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    bool can_be_cleared_away = false;
    try {
      write(temporary);
      can_be_cleared_away = true;
      fsync_path(temporary, O_RDONLY);
      bool const is_published = publish(temporary);
      can_be_cleared_away = false;
      fsync_path(directory, O_RDONLY | O_DIRECTORY);
      return is_published;
    } catch (...) {
      // Others take a job that stood still for long for gone, and clear away what it was writing: it writes that again.
      bool const is_gone = ::unlink(temporary.c_str()) != 0 && errno == ENOENT;
      if (!can_be_cleared_away || !is_gone || attempt == attempts) throw;
    }
  }
}

std::function<void(fs::path const&)> writer_of(fs::path const& path, std::string_view text) {
  return [path, text](fs::path const& temporary) { write_all(create_exclusively(temporary), text, path); };
}

void publish_by_rename(fs::path const& path, std::function<void(fs::path const&)> const& write) {
  publish_file(path, write, [&](fs::path const& temporary) {
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "replace");
    return true;
  });
}

}  // namespace

void replace_file(fs::path const& path, std::function<void(fs::path const&)> const& write) {
  publish_by_rename(followed(path), [&](fs::path const& temporary) {
    ::close(create_exclusively(temporary));
    write(temporary);
  });
}

void replace_file(fs::path const& path, std::string_view text) {
  auto const place = followed(path);
  std::error_code ec;
  auto const status = fs::status(place, ec);
  if (fs::is_directory(status)) throw Error(Errc::io, fmt::format("{}: is a directory, not a file", path.string()));
  if (!fs::exists(status) || fs::is_regular_file(status)) return publish_by_rename(place, writer_of(place, text));
  int const fd = ::open(place.c_str(), O_WRONLY | O_CLOEXEC);  // a device or a pipe, which nobody wants replaced by a file
  if (fd < 0) fail(place, "be opened for writing");
  write_all(fd, text, place);
}

bool create_file(fs::path const& path, std::string_view text) {
  std::error_code ec;
  if (fs::exists(path, ec)) return false;
  return publish_file(path, writer_of(path, text), [&](fs::path const& temporary) {
    int const rc = ::link(temporary.c_str(), path.c_str());
    int const reason = errno;
    ::unlink(temporary.c_str());
    errno = reason;
    if (rc != 0 && reason != EEXIST) fail(path, "create");
    return rc == 0;
  });
}

std::string read_file(fs::path const& path) {
  // Over NFS a file that another host replaces meanwhile goes stale in the hand: its successor is read.
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path, "be opened for reading");
    auto text = all_of(fd);
    int const reason = errno;
    ::close(fd);
    if (text) return *std::move(text);
    errno = reason;
    if (reason == EISDIR) throw Error(Errc::io, fmt::format("{}: is a directory, not a file", path.string()));
    if (reason != ESTALE || attempt == attempts) fail(path, "be read");
  }
}

void make_directory(fs::path const& path) {
  std::error_code ec;
  std::vector<fs::path> missing;  // the deepest first
  for (auto at = fs::absolute(path).lexically_normal(); !fs::exists(at, ec) && at.has_relative_path(); at = at.parent_path())
    if (at.has_filename()) missing.push_back(at);
  fs::create_directories(path, ec);
  if (ec) throw Error(Errc::io, fmt::format("{}: cannot make the directory ({})", path.string(), ec.message()));
  // What lies in it lasts only if its own name does.
  for (auto const& made : missing) fsync_path(made.parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace apq
