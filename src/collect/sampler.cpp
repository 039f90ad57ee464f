#include "collect/sampler.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/space/enumerate.hpp"

namespace apq::collect {
namespace {

constexpr int attempts_with_policy = 32;  // then the architecture is drawn anew too: it may have no other policy
constexpr int attempts = 64;              // then what is left is looked for; by now that is a small part of the space
constexpr double most_enumerated = 1 << 18;

bool is_quantised(std::string_view stage) { return stage == "quant"; }

double size_of(space::SearchSpace const& space, std::string_view stage) {
  auto const size = space::count(space);
  return is_quantised(stage) ? size.joint : size.architectures;
}

// Bits for an architecture, drawn until none is forbidden for its kernels.
void draw_policy(space::SearchSpace const& space, RandomStream& random, space::Genes& genes) {
  space::GeneLayout const layout(space);
  for (int b = 0; b < space.num_blocks(); ++b)
    for (int r = 0; r < space::num_roles; ++r) {
      auto& gene = genes[static_cast<std::size_t>(layout.bits(static_cast<space::Role>(r), b))];
      gene = 0;
      if (!space::is_active(space, genes, b)) continue;
      auto const& block = space.blocks[static_cast<std::size_t>(b)];
      auto const& choices = space.bits[static_cast<std::size_t>(r)];
      int const kernel = block.kernels[genes[static_cast<std::size_t>(layout.kernel(b))] - 1u];
      do gene = static_cast<std::uint8_t>(1 + random.below(choices.size()));
      while (space.is_forbidden(kernel, static_cast<space::Role>(r), choices[gene - 1u]));
    }
}

// Attempt 0 is what an id is unless that subnet has been drawn before.
space::Genes draw(space::SearchSpace const& space, std::uint64_t seed, std::string const& stage, int policies, std::uint64_t index,
                  int attempt) {
  auto const again = attempt == 0 ? std::string() : fmt::format(".again{}", attempt);
  if (!is_quantised(stage) || policies == 1 || attempt >= attempts_with_policy) {
    RandomStream random(seed, "collect." + stage + again, index);
    return space::random_genes(space, random, is_quantised(stage));
  }
  // The architecture is that of the group's first index.
  RandomStream shared(seed, "collect." + stage, index - index % static_cast<std::uint64_t>(policies));
  auto genes = space::random_genes(space, shared, true);
  RandomStream policy(seed, "collect.policy" + again, index);
  draw_policy(space, policy, genes);
  return genes;
}

}  // namespace

Samples::Samples(space::SearchSpace const& space, std::uint64_t seed, std::string stage, int policies, std::uint64_t count)
    : num_genes_(static_cast<std::size_t>(is_quantised(stage) ? space.num_genes() : space.num_architecture_genes())), slots_(64) {
  count = num_samples(space, stage, count);
  bool const may_enumerate = size_of(space, stage) <= most_enumerated;
  std::vector<space::Genes> rest;  // not drawn when it was made; the next is the last
  for (std::uint64_t index = 0; index < count; ++index) {
    auto genes = draw(space, seed, stage, policies, index, 0);
    for (int attempt = 1; !is_new(genes) && (attempt < attempts || !may_enumerate); ++attempt)
      genes = draw(space, seed, stage, policies, index, attempt);
    if (!is_new(genes) && rest.empty()) {
      space::for_each_subnet(space, is_quantised(stage), [&](std::span<std::uint8_t const> left) {
        if (is_new(left)) rest.emplace_back(left.begin(), left.end());
      });
      RandomStream(seed, "collect." + stage + ".rest").shuffle(std::span(rest));
    }
    while (!is_new(genes)) {
      genes = std::move(rest.back());
      rest.pop_back();
    }
    add(genes);
  }
}

std::size_t Samples::slot_of(std::span<std::uint8_t const> genes) const {
  auto const mask = slots_.size() - 1;
  auto slot = std::hash<std::string_view>{}({reinterpret_cast<char const*>(genes.data()), genes.size()}) & mask;
  while (slots_[slot] != 0 && !std::ranges::equal((*this)[slots_[slot] - 1], genes)) slot = (slot + 1) & mask;
  return slot;
}

void Samples::add(std::span<std::uint8_t const> genes) {
  slots_[slot_of(genes)] = size() + 1;
  bytes_.insert(bytes_.end(), genes.begin(), genes.end());
  if (2 * size() > slots_.size()) grow();
}

void Samples::grow() {
  slots_.assign(2 * slots_.size(), 0);
  for (std::size_t id = 0; id < size(); ++id) slots_[slot_of((*this)[id])] = id + 1;
}

space::Genes sample(space::SearchSpace const& space, std::uint64_t seed, std::string const& stage, std::uint64_t index,
                    int policies_per_architecture) {
  Samples const samples(space, seed, stage, policies_per_architecture, index + 1);
  if (index >= samples.size())
    throw Error(Errc::internal, fmt::format("sample {} of stage {}: the space has {} different subnets", index, stage, samples.size()));
  return samples.genes(index);
}

std::uint64_t num_samples(space::SearchSpace const& space, std::string const& stage, std::uint64_t wanted) {
  auto const size = size_of(space, stage);
  return static_cast<double>(wanted) <= size ? wanted : static_cast<std::uint64_t>(size);
}

}  // namespace apq::collect
