#include "collect/claim_files.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace apq::collect {
namespace fs = std::filesystem;
namespace {

// Takes a number and what stands behind it off the front; false: it is not there.
bool take_number(std::string_view& text, std::uint64_t& number, std::string_view behind) {
  auto const [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  if (!text.starts_with(behind)) return false;
  text.remove_prefix(behind.size());
  return true;
}

}  // namespace

ClaimFiles::ClaimFiles(fs::path directory, std::uint64_t block_size, job::Claimant me, job::JobWatch& watch)
    : directory_(std::move(directory)), block_size_(block_size), me_(std::move(me)), watch_(watch) {}

fs::path ClaimFiles::stem(std::uint64_t block) const { return directory_ / fmt::format("{:06}+{}", block * block_size_, block_size_); }

std::map<std::uint64_t, std::uint64_t> ClaimFiles::last_generations() {
  std::map<std::uint64_t, std::uint64_t> last;
  std::error_code ec;
  for (fs::directory_iterator entry(directory_, ec), end; !ec && entry != end; entry.increment(ec)) {
    auto const name = entry->path().filename().string();
    std::string_view rest = name;
    std::uint64_t first = 0, size = 0, generation = 0;
    if (!take_number(rest, first, "+") || !take_number(rest, size, ".") || !take_number(rest, generation, "") || !rest.empty()) continue;
    if (size != block_size_) continue;
    auto& known = last.try_emplace(first / size, generation).first->second;
    known = std::max(known, generation);
  }
  return last;
}

std::optional<BlockClaims::Holder> ClaimFiles::take(std::uint64_t block, std::uint64_t generation) {
  auto held = held_.find({block, generation});
  if (held == held_.end()) {
    auto claim = job::try_claim(stem(block), generation, me_);
    if (std::holds_alternative<job::Claimed>(claim)) return std::nullopt;
    auto& by = std::get<job::HeldBy>(claim);
    if (by.job.empty() || by.is_released) return Holder{watch_.is_gone(by), "a job that does not say who it is"};
    held = held_.emplace(std::pair(block, generation), std::move(by)).first;
  }
  bool const is_gone = watch_.is_gone(held->second);
  auto const record = watch_.last_seen(held->second.job);
  return Holder{is_gone, record ? job::described(*record) : held->second.host};
}

void ClaimFiles::release(std::uint64_t block, std::uint64_t generation) { job::release(stem(block), generation, me_); }

}  // namespace apq::collect
