// Loaded before a program (LD_PRELOAD), counts what it asks of files under one directory, keeps a log of it, and lets one request fail.
//   APQ_IO_ROOT   absolute path of the directory
//   APQ_IO_LOG    the log: a line a request, the thread's number before it: `OP PATH`, `rename PATH PATH`, `write PATH OFFSET BYTES` (the
//   bytes are appended to LOG.data),
//                 `truncate PATH BYTES`; the request that fails is one line, `FAULT KIND OP PATH`
//   APQ_IO_FAULT  optional, KIND@N: the N-th request that can fail so does; KIND is enospc, eio, estale, or short (reads and writes of half
//                 the bytes, which is no error and must be gone on with). nolocks, without a number: there are no locks, as on file
//                 systems that answer ENOSYS to every flock
// A request that fails does nothing, but close, which closes. Sizes and states of files (stat) are not counted.
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

template <class F>
F next(F, char const* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}
#define NEXT(name) (next(&::name, #name))

struct State {
  std::string root, kind;
  long at = 0, count = 0;
  int log = -1, data = -1;
  std::mutex mutex;
};

State& state() {
  static State* const s = [] {
    auto* made = new State;
    auto const text = [](char const* name) {
      auto const* value = std::getenv(name);
      return std::string(value == nullptr ? "" : value);
    };
    made->root = text("APQ_IO_ROOT");
    auto const fault = text("APQ_IO_FAULT");
    if (auto const at = fault.find('@'); at != std::string::npos) {
      made->kind = fault.substr(0, at);
      made->at = std::atol(fault.c_str() + at + 1);
    } else {
      made->kind = fault;
    }
    auto const log = text("APQ_IO_LOG");
    auto const real_open = NEXT(open);
    made->log = real_open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    made->data = real_open((log + ".data").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    return made;
  }();
  return *s;
}

constexpr int most_files = 4096;
std::string* paths[most_files];  // of open files under the root

std::string absolute(int directory, char const* path) {
  if (path[0] == '/') return path;
  if (directory != AT_FDCWD)
    return directory >= 0 && directory < most_files && paths[directory] != nullptr ? *paths[directory] + "/" + path : "";
  char here[4096];
  return ::getcwd(here, sizeof here) == nullptr ? "" : std::string(here) + "/" + path;
}
bool lies_in_root(std::string const& path) {
  auto const& root = state().root;
  return !root.empty() && path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}
std::string path_of(int fd) { return fd >= 0 && fd < most_files && paths[fd] != nullptr ? *paths[fd] : ""; }
void note_open(int fd, std::string const& path) {
  if (fd >= 0 && fd < most_files) paths[fd] = new std::string(path);  // a few bytes a file, for as long as the test runs
}
void note_close(int fd) {
  if (fd >= 0 && fd < most_files) paths[fd] = nullptr;
}

void write_log(std::string const& request) {
  auto const line = std::to_string(::gettid()) + " " + request;
  (void)!NEXT(write)(state().log, line.data(), line.size());
}

/// Counts a request. Its errno where it is to fail, -1 where it is to be short, else 0. @param size  bytes to read or write, 0: neither
int fault_of(char const* op, std::string const& path, std::size_t size = 0) {
  auto& s = state();
  if (s.at == 0 || (s.kind == "short" && size < 2)) return 0;
  std::lock_guard const lock(s.mutex);
  if (++s.count != s.at) return 0;
  write_log("FAULT " + s.kind + " " + op + " " + path + "\n");
  if (s.kind == "short") return -1;
  return s.kind == "enospc" ? ENOSPC : s.kind == "estale" ? ESTALE : EIO;
}
int fail(int reason) {
  errno = reason;
  return -1;
}

/// Where the next write goes.
long long offset_of(int fd) {
  if ((::fcntl(fd, F_GETFL) & O_APPEND) != 0) return ::lseek(fd, 0, SEEK_END);
  return ::lseek(fd, 0, SEEK_CUR);
}
void log_write(std::string const& path, long long offset, void const* bytes, ssize_t written) {
  if (written <= 0) return;
  std::lock_guard const lock(state().mutex);
  (void)!NEXT(write)(state().data, bytes, static_cast<std::size_t>(written));
  write_log("write " + path + " " + std::to_string(offset) + " " + std::to_string(written) + "\n");
}
template <class Call>
int simple(char const* op, std::string const& path, std::string const& rest, Call const& call) {
  if (!lies_in_root(path)) return call();
  if (int const reason = fault_of(op, path); reason > 0) return fail(reason);
  int const rc = call();
  int const reason = errno;
  if (rc == 0) write_log(std::string(op) + " " + path + rest + "\n");
  errno = reason;
  return rc;
}

int open_at(int directory, char const* name, int flags, mode_t mode) {
  static auto const real = NEXT(openat);
  auto const path = absolute(directory, name);
  if (!lies_in_root(path)) return real(directory, name, flags, mode);
  if (int const reason = fault_of("open", path); reason > 0) return fail(reason);
  int const fd = real(directory, name, flags, mode);
  int const reason = errno;
  if (fd >= 0) {
    note_open(fd, path);
    bool const makes = (flags & O_CREAT) != 0;
    write_log((makes ? "create " : "open ") + path + "\n");
    if ((flags & O_TRUNC) != 0) write_log("truncate " + path + " 0\n");
  }
  errno = reason;
  return fd;
}

template <class Real>
FILE* open_stream(Real real, char const* name, char const* mode) {
  auto const path = absolute(AT_FDCWD, name);
  if (!lies_in_root(path)) return real(name, mode);
  if (int const reason = fault_of("open", path); reason > 0) {
    errno = reason;
    return nullptr;
  }
  FILE* const file = real(name, mode);
  int const reason = errno;
  if (file != nullptr) {
    note_open(::fileno(file), path);
    bool const writes = std::strpbrk(mode, "wa") != nullptr;
    write_log((writes ? "create " : "open ") + path + "\n");
    if (std::strchr(mode, 'w') != nullptr) write_log("truncate " + path + " 0\n");
  }
  errno = reason;
  return file;
}

mode_t mode_of(int flags, va_list arguments) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0; }

}  // namespace

extern "C" {

#define APQ_OPEN(name)                             \
  int name(char const* path, int flags, ...) {     \
    va_list arguments;                             \
    va_start(arguments, flags);                    \
    mode_t const mode = mode_of(flags, arguments); \
    va_end(arguments);                             \
    return open_at(AT_FDCWD, path, flags, mode);   \
  }
APQ_OPEN(open)
APQ_OPEN(open64)
#define APQ_OPENAT(name)                                      \
  int name(int directory, char const* path, int flags, ...) { \
    va_list arguments;                                        \
    va_start(arguments, flags);                               \
    mode_t const mode = mode_of(flags, arguments);            \
    va_end(arguments);                                        \
    return open_at(directory, path, flags, mode);             \
  }
APQ_OPENAT(openat)
APQ_OPENAT(openat64)
int creat(char const* path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

FILE* fopen(char const* path, char const* mode) { return open_stream(NEXT(fopen), path, mode); }
FILE* fopen64(char const* path, char const* mode) { return open_stream(NEXT(fopen64), path, mode); }
DIR* opendir(char const* name) {
  auto const path = absolute(AT_FDCWD, name);
  if (lies_in_root(path))
    if (int const reason = fault_of("opendir", path); reason > 0) {
      errno = reason;
      return nullptr;
    }
  return NEXT(opendir)(name);
}

int close(int fd) {
  static auto const real = NEXT(close);
  auto const path = path_of(fd);
  if (path.empty()) return real(fd);
  note_close(fd);
  int const reason = fault_of("close", path);
  int const rc = real(fd);
  return reason > 0 ? fail(reason) : rc;
}
int fclose(FILE* file) {
  auto const path = path_of(::fileno(file));
  if (path.empty()) return NEXT(fclose)(file);
  note_close(::fileno(file));
  int const reason = fault_of("close", path);
  int const rc = NEXT(fclose)(file);
  if (reason <= 0) return rc;
  errno = reason;
  return EOF;
}

ssize_t read(int fd, void* to, std::size_t size) {
  static auto const real = NEXT(read);
  auto const path = path_of(fd);
  if (path.empty()) return real(fd, to, size);
  int const reason = fault_of("read", path, size);
  if (reason > 0) return fail(reason);
  return real(fd, to, reason < 0 ? size / 2 : size);
}
ssize_t write(int fd, void const* bytes, std::size_t size) {
  static auto const real = NEXT(write);
  auto const path = path_of(fd);
  if (path.empty()) return real(fd, bytes, size);
  int const reason = fault_of("write", path, size);
  if (reason > 0) return fail(reason);
  auto const offset = offset_of(fd);
  auto const written = real(fd, bytes, reason < 0 ? size / 2 : size);
  int const outcome = errno;
  log_write(path, offset, bytes, written);
  errno = outcome;
  return written;
}
ssize_t writev(int fd, iovec const* parts, int count) {
  auto const path = path_of(fd);
  if (path.empty()) return NEXT(writev)(fd, parts, count);
  for (int i = 0; i < count; ++i)  // a part of what was asked is as good an answer
    if (parts[i].iov_len > 0) return ::write(fd, parts[i].iov_base, parts[i].iov_len);
  return 0;
}
ssize_t pwrite(int fd, void const* bytes, std::size_t size, off_t offset) {
  auto const path = path_of(fd);
  if (path.empty()) return NEXT(pwrite)(fd, bytes, size, offset);
  int const reason = fault_of("write", path, size);
  if (reason > 0) return fail(reason);
  auto const written = NEXT(pwrite)(fd, bytes, reason < 0 ? size / 2 : size, offset);
  log_write(path, offset, bytes, written);
  return written;
}
ssize_t pwrite64(int fd, void const* bytes, std::size_t size, off64_t offset) { return ::pwrite(fd, bytes, size, offset); }

int flock(int fd, int operation) {
  auto const path = path_of(fd);
  if (path.empty() || state().kind != "nolocks") return NEXT(flock)(fd, operation);
  write_log("FAULT nolocks flock " + path + "\n");
  return fail(ENOSYS);
}

int fsync(int fd) {
  auto const path = path_of(fd);
  return simple("fsync", path, "", [&] { return NEXT(fsync)(fd); });
}
int fdatasync(int fd) {
  auto const path = path_of(fd);
  return simple("fsync", path, "", [&] { return NEXT(fdatasync)(fd); });
}
int ftruncate(int fd, off_t size) {
  auto const path = path_of(fd);
  return simple("truncate", path, " " + std::to_string(size), [&] { return NEXT(ftruncate)(fd, size); });
}
int ftruncate64(int fd, off64_t size) { return ::ftruncate(fd, size); }
int truncate(char const* name, off_t size) {
  return simple("truncate", absolute(AT_FDCWD, name), " " + std::to_string(size), [&] { return NEXT(truncate)(name, size); });
}
int truncate64(char const* name, off64_t size) { return ::truncate(name, size); }

int rename(char const* from, char const* to) {
  return simple("rename", absolute(AT_FDCWD, from), " " + absolute(AT_FDCWD, to), [&] { return NEXT(rename)(from, to); });
}
int link(char const* from, char const* to) {
  return simple("link", absolute(AT_FDCWD, from), " " + absolute(AT_FDCWD, to), [&] { return NEXT(link)(from, to); });
}
int unlink(char const* name) {
  return simple("remove", absolute(AT_FDCWD, name), "", [&] { return NEXT(unlink)(name); });
}
int unlinkat(int directory, char const* name, int flags) {
  return simple("remove", absolute(directory, name), "", [&] { return NEXT(unlinkat)(directory, name, flags); });
}
int rmdir(char const* name) {
  return simple("remove", absolute(AT_FDCWD, name), "", [&] { return NEXT(rmdir)(name); });
}
int remove(char const* name) {
  return simple("remove", absolute(AT_FDCWD, name), "", [&] { return NEXT(remove)(name); });
}
int mkdir(char const* name, mode_t mode) {
  return simple("mkdir", absolute(AT_FDCWD, name), "", [&] { return NEXT(mkdir)(name, mode); });
}

}  // extern "C"
