#include "common/job/claim.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"

namespace apq::job {
namespace fs = std::filesystem;
namespace {

fs::path file_of(fs::path const& stem, std::uint64_t generation) { return stem.string() + fmt::format(".{}", generation); }

[[noreturn]] void fail(fs::path const& file, char const* action, int reason) {
  throw Error(Errc::io, fmt::format("{}: cannot {} ({})", file.string(), action, std::strerror(reason)));
}

std::string text_of(Claimant const& me, bool is_released) {
  Json const json{
      {"format", claim_format.name}, {"format_version", claim_format.version}, {"job", me.job}, {"host", me.host}, {"claimant", me.id},
      {"released", is_released}};
  return json.dump() + "\n";
}

void sync_directory(fs::path const& directory) {
  int const fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);  // where it fails, a crash of the machine may lose the claim, which costs work at most
  ::close(fd);
}

// True: made; false: somebody has it.
bool create(fs::path const& file, std::string const& text) {
  int fd = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0 && errno == ENOENT) {
    make_directory(file.parent_path());
    fd = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  }
  if (fd < 0 && errno == EEXIST) return false;
  if (fd < 0) fail(file, "create", errno);
  int reason = 0;
  for (std::size_t done = 0; done < text.size() && reason == 0;) {
    ssize_t const written = ::write(fd, text.data() + done, text.size() - done);
    if (written >= 0) done += static_cast<std::size_t>(written);
    else if (errno != EINTR) reason = errno;
  }
  if (reason == 0 && ::fsync(fd) != 0) reason = errno;
  if (::close(fd) != 0 && reason == 0) reason = errno;
  if (reason != 0) {
    ::unlink(file.c_str());
    fail(file, "write", reason);
  }
  sync_directory(file.parent_path());
  return true;
}

struct Content {
  Claimant by;
  bool is_released = false;
};

// A claim that says nothing, or is gone again, is held by somebody unknown.
Content content_of(fs::path const& file) {
  Content content;
  try {
    read_record(file, claim_format, [&](Json const& json) {
      content = {{json.at("job").get<std::string>(), json.at("host").get<std::string>(), json.at("claimant").get<std::string>()},
                 json.at("released").get<bool>()};
    });
  } catch (Error const&) {
    return {};
  }
  return content;
}

constexpr std::uint64_t generations_kept = 16;  // of the stem of a piece that is claimed again and again

std::vector<std::uint64_t> generations_of(fs::path const& stem) {
  std::vector<std::uint64_t> generations;
  auto const prefix = stem.filename().string() + ".";
  std::error_code ec;
  for (fs::directory_iterator entry(stem.parent_path(), ec), end; !ec && entry != end; entry.increment(ec)) {
    auto const name = entry->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    std::uint64_t generation = 0;
    auto const* const stop = name.data() + name.size();
    auto const [at, error] = std::from_chars(name.data() + prefix.size(), stop, generation);
    if (error == std::errc() && at == stop) generations.push_back(generation);
  }
  return generations;
}

std::optional<std::uint64_t> last_generation(fs::path const& stem) {
  auto const generations = generations_of(stem);
  return generations.empty() ? std::nullopt : std::optional(*std::max_element(generations.begin(), generations.end()));
}

// All but the last few: others may still be reading those.
void remove_generations(fs::path const& stem, std::uint64_t last) {
  for (auto const generation : generations_of(stem))
    if (generation + generations_kept <= last) ::unlink(file_of(stem, generation).c_str());
}

}  // namespace

Claim try_claim(fs::path const& stem, std::uint64_t generation, Claimant const& me) {
  auto const file = file_of(stem, generation);
  if (create(file, text_of(me, false))) return Claimed{generation};
  auto const there = content_of(file);
  if (there.by.id == me.id && !there.is_released) return Claimed{generation};
  return HeldBy{there.by.job, there.by.host, generation, there.is_released, file};
}

Claim claim_next(fs::path const& stem, Claimant const& me, std::function<bool(HeldBy const&)> const& is_gone) {
  // What is listed may be old, over NFS: the generations after it are asked for one by one.
  for (auto generation = last_generation(stem).value_or(0);; ++generation) {
    auto claim = try_claim(stem, generation, me);
    if (auto const* const held = std::get_if<HeldBy>(&claim)) {
      if (!held->is_released && !is_gone(*held)) return claim;
      continue;
    }
    auto const last = last_generation(stem).value_or(generation);
    if (last <= generation) {
      if (generation % generations_kept == 0) remove_generations(stem, generation);
      return claim;
    }
    // So old a list that what it named has been removed since: this generation was others' long ago.
    ::unlink(file_of(stem, generation).c_str());
    generation = last - 1;
  }
}

bool holds(fs::path const& stem, Claimant const& me) {
  auto const last = last_generation(stem);
  if (!last) return false;
  auto const there = content_of(file_of(stem, *last));
  return there.by.id == me.id && !there.is_released;
}

void release(fs::path const& stem, std::uint64_t generation, Claimant const& me) {
  replace_file(file_of(stem, generation), text_of(me, true));
}

}  // namespace apq::job
