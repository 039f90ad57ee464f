#include "collect/block_search.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "common/core/random.hpp"

namespace apq::collect {

std::map<std::uint64_t, std::vector<std::uint64_t>> BlockSearch::by_block(std::vector<std::uint64_t> const& ids) const {
  std::map<std::uint64_t, std::vector<std::uint64_t>> blocks;
  for (auto const id : ids) blocks[id / options_.block_size].push_back(id);
  return blocks;
}

void BlockSearch::find_unclaimed(std::vector<std::uint64_t> const& open) {
  auto const claimed = claims_.last_generations();
  unclaimed_.clear();
  for (auto const& [block, ids] : by_block(open))
    if (!claimed.contains(block)) unclaimed_.push_back(block);
  std::reverse(unclaimed_.begin(), unclaimed_.end());
}

std::vector<std::uint64_t> BlockSearch::next_unclaimed(std::function<std::vector<std::uint64_t>()> const& open) {
  if (!std::exchange(has_looked_, true)) find_unclaimed(open());
  while (!unclaimed_.empty()) {
    auto const choices = std::min<std::uint64_t>(unclaimed_.size(), static_cast<std::uint64_t>(window_));
    auto const at =
        unclaimed_.end() - 1 - static_cast<std::ptrdiff_t>(RandomStream(options_.own, "collect.block", draws_++).below(choices));
    auto const block = *at;
    unclaimed_.erase(at);
    auto const all = open();
    auto const first = std::lower_bound(all.begin(), all.end(), block * options_.block_size);
    auto const last = std::lower_bound(first, all.end(), (block + 1) * options_.block_size);
    if (first == last) continue;
    if (!claims_.take(block, 0)) {
      mine_[block] = 0;
      window_ = std::max(1.0, 0.9 * window_);
      return {first, last};
    }
    // Others take blocks too: what is left is looked up, and chosen from more widely.
    window_ = 2 * window_;
    find_unclaimed(all);
  }
  return {};
}

std::vector<std::uint64_t> BlockSearch::next_left(std::vector<std::uint64_t> const& open, double now, double patience) {
  holders_.clear();
  if (open.empty()) return {};
  auto blocks = by_block(open);
  std::vector<std::uint64_t> order;
  for (auto const& [block, ids] : blocks) order.push_back(block);
  RandomStream random(options_.own, "collect.left", draws_++);
  random.shuffle(std::span(order));
  auto const generations = claims_.last_generations();
  auto const got = [&](std::uint64_t block, std::uint64_t generation) {
    mine_[block] = generation;
    auto ids = std::move(blocks[block]);
    random.shuffle(std::span(ids));
    return ids;
  };
  for (auto const block : order) {
    auto const known = generations.find(block);
    auto const generation = known == generations.end() ? 0 : known->second;
    auto const holder = claims_.take(block, generation);
    if (!holder) return got(block, generation);
    auto const [seen, is_new] = seen_.try_emplace(block, Seen{generation, now});
    if (!is_new && seen->second.generation != generation) seen->second = {generation, now};
    if ((holder->is_gone || now - seen->second.since >= patience) && !claims_.take(block, generation + 1))
      return got(block, generation + 1);
    if (std::find(holders_.begin(), holders_.end(), holder->who) == holders_.end()) holders_.push_back(holder->who);
  }
  return {};
}

void BlockSearch::release(std::vector<std::uint64_t> const& open) {
  for (auto const& [block, ids] : by_block(open))
    if (auto const found = mine_.find(block); found != mine_.end()) claims_.release(block, found->second);
}

}  // namespace apq::collect
