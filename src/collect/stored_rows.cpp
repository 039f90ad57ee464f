#include "collect/stored_rows.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"

namespace apq::collect {
namespace fs = std::filesystem;
namespace {

void set_aside(fs::path const& file, char const* suffix, std::string const& why) {
  auto const name = file.string() + suffix;
  std::error_code ec;
  fs::rename(file, name, ec);
  if (ec == std::errc::no_such_file_or_directory) return;  // another job did
  if (ec) throw Error(Errc::io, fmt::format("{}: cannot be renamed to {} ({})", file.string(), name, ec.message()));
  log::root().warn("{}; set aside as {}, its samples are collected again", why, fs::path(name).filename().string());
}

}  // namespace

// False: something was set aside, or is gone; all is to be read again.
bool StoredRows::read_changes(Check const& check) {
  auto const changes = watch_.look();
  if (changes.is_any_gone && !dataset_.files.empty()) return false;
  try {
    h5::read_shards(dataset_, changes.news, h5::OnDamage::tolerate);
  } catch (h5::Contradiction const& e) {
    check(dataset_);
    set_aside(e.younger, ".contradicting", e.what());
    return false;
  } catch (Error const& e) {
    for (auto const& file : changes.news)
      if (e.code() == Errc::io && !fs::exists(file)) return false;
    throw;
  }
  for (auto const& damaged : std::exchange(dataset_.damaged, {})) set_aside(damaged.path, ".damaged", damaged.message);
  return true;
}

h5::Dataset const& StoredRows::refresh(Check const& check) {
  while (!read_changes(check)) {
    watch_ = ShardWatch(directory_);
    dataset_ = {};
  }
  check(dataset_);
  return dataset_;
}

}  // namespace apq::collect
