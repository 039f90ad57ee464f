#include "search/variation.hpp"

#include <algorithm>

#include "search/coin.hpp"
#include "search/rare_events.hpp"

namespace apq::search {
namespace {

using Row = std::span<std::uint8_t>;
using ConstRow = std::span<std::uint8_t const>;

constexpr double expected_changes = 3;      // per child, when no rate is given
constexpr int largest_step = 3;             // in choices (APQ spec F3)
constexpr int max_attempts = 16;            // to make a child that is not its parent
constexpr double release_block_rate = 0.1;  // per block (APQ spec A9)

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::size_t place_of(std::span<std::uint8_t const> choices, std::uint8_t gene) {
  return static_cast<std::size_t>(std::lower_bound(choices.begin(), choices.end(), gene) - choices.begin());
}

/// Another choice, all equally likely; the same one when there is no other.
std::uint8_t other_choice(std::span<std::uint8_t const> choices, std::uint8_t gene, RandomStream& random) {
  if (choices.size() < 2) return gene;
  auto const drawn = random.below(choices.size() - 1);
  return choices[drawn < place_of(choices, gene) ? drawn : drawn + 1];
}

/// `steps` choices up or down; turned back at an end of the list.
std::uint8_t moved(std::span<std::uint8_t const> choices, std::uint8_t gene, int steps, RandomStream& random) {
  if (choices.size() < 2) return gene;
  auto const last = static_cast<int>(choices.size()) - 1;
  int const place = static_cast<int>(place_of(choices, gene));
  int direction = random.chance(0.5) ? 1 : -1;
  if (place + direction < 0 || place + direction > last) direction = -direction;
  return choices[index(std::clamp(place + direction * steps, 0, last))];
}

/// Of a gene whose choices are many and ordered.
void mutate_ordered(std::span<std::uint8_t const> choices, std::uint8_t& gene, RandomStream& random) {
  if (random.chance(0.5)) gene = other_choice(choices, gene, random);
  else gene = moved(choices, gene, 1 + static_cast<int>(random.below(largest_step)), random);
}

/// Another bit gene that goes with the block's kernel; the same one when there is no other.
void draw_bits(Domain const& domain, int block, space::Role role, std::uint8_t kernel, std::uint8_t& gene, RandomStream& random) {
  std::array<std::uint8_t, 255> fitting;
  std::size_t n = 0;
  for (auto const choice : domain.choices(domain.layout().bits(role, block)))
    if (choice != gene && domain.goes_together(block, kernel, role, choice)) fitting[n++] = choice;
  if (n > 0) gene = fitting[random.below(n)];
}

/// False when a role's allowed bit widths are all forbidden beside this kernel.
bool has_bits_for(Domain const& domain, int block, std::uint8_t kernel) {
  for (int r = 0; r < space::num_roles; ++r) {
    auto const role = static_cast<space::Role>(r);
    auto const choices = domain.choices(domain.layout().bits(role, block));
    if (std::none_of(choices.begin(), choices.end(), [&](std::uint8_t gene) { return domain.goes_together(block, kernel, role, gene); }))
      return false;
  }
  return true;
}

void mutate_block(Domain const& domain, int block, RareEvents& changes, Row genes, RandomStream& random) {
  auto const& layout = domain.layout();
  auto& kernel = genes[index(layout.kernel(block))];
  auto& width = genes[index(layout.middle(block))];
  bool is_new_kernel = false;
  if (changes.next()) {
    auto const drawn = other_choice(domain.choices(layout.kernel(block)), kernel, random);
    is_new_kernel = has_bits_for(domain, block, drawn);
    if (is_new_kernel) kernel = drawn;
  }
  if (changes.next()) mutate_ordered(domain.choices(layout.middle(block)), width, random);
  for (int r = 0; r < space::num_roles; ++r) {
    auto const role = static_cast<space::Role>(r);
    auto& bits = genes[index(layout.bits(role, block))];
    if (changes.next() || (is_new_kernel && !domain.goes_together(block, kernel, role, bits)))
      draw_bits(domain, block, role, kernel, bits, random);
  }
}

int num_free_genes(Domain const& domain, ConstRow genes) {
  int n = 0;
  for (int i = 0; i < domain.num_genes(); ++i) n += genes[index(i)] != 0 && domain.choices(i).size() > 1;
  return n;
}

void mutate_once(Domain const& domain, ConstRow parent, double rate, ReleaseSlips const& slips, RandomStream& random, Row genes) {
  std::copy(parent.begin(), parent.end(), genes.begin());
  auto const& space = domain.space();
  RareEvents changes(rate, random);
  for (int s = 0; s < space.num_stages() && !slips.frozen_depth; ++s) {
    int const position = domain.layout().depth(s);
    if (domain.choices(position).size() < 2 || !changes.next()) continue;
    change_depth(domain, s, moved(domain.choices(position), genes[index(position)], 1, random), genes, random);
  }
  for (int b = 0; b < space.num_blocks(); ++b) {
    if (genes[index(domain.layout().kernel(b))] == 0) continue;
    if (!slips.whole_block_mutation) mutate_block(domain, b, changes, genes, random);
    else if (changes.next()) draw_block(domain, b, genes, random);
  }
  if (domain.has_size_gene() && changes.next()) {
    int const position = domain.layout().image_size();
    mutate_ordered(domain.choices(position), genes[index(position)], random);
  }
}

void copy_block(Domain const& domain, int block, ConstRow from, Row to) {
  for (int position : domain.positions(block)) to[index(position)] = from[index(position)];
}

void cross_stages(Domain const& domain, ConstRow first, ConstRow second, Coin& coin, Row genes) {
  std::copy(first.begin(), first.end(), genes.begin());
  for (int s = 0; s < domain.space().num_stages(); ++s) {
    if (coin.toss()) continue;
    auto const& stage = domain.space().stages[index(s)];
    genes[index(domain.layout().depth(s))] = second[index(domain.layout().depth(s))];
    for (int p = 0; p < stage.num_blocks; ++p) copy_block(domain, stage.first_block + p, second, genes);
  }
}

void cross_blocks(Domain const& domain, ConstRow first, ConstRow second, Coin& coin, Row genes) {
  std::fill(genes.begin(), genes.end(), std::uint8_t{0});
  for (int s = 0; s < domain.space().num_stages(); ++s) {
    int const position = domain.layout().depth(s);
    genes[index(position)] = (coin.toss() ? first : second)[index(position)];
    for (int p = 0; p < domain.depth(s, genes); ++p) {
      int const block = domain.space().stages[index(s)].first_block + p;
      auto const has = [&](ConstRow parent) { return parent[index(domain.layout().kernel(block))] != 0; };
      bool const take_first = has(first) && (!has(second) || coin.toss());
      copy_block(domain, block, take_first ? first : second, genes);
    }
  }
}

/// D-5. False when the release would have drawn again: the third block of a stage absent in its donor, the fourth there.
bool cross_inflating(Domain const& domain, ConstRow first, ConstRow second, Coin& coin, RandomStream& random, Row genes) {
  std::copy(first.begin(), first.end(), genes.begin());
  for (int s = 0; s < domain.space().num_stages(); ++s) {
    auto const& stage = domain.space().stages[index(s)];
    int depth = domain.depth(s, first);
    bool third_is_absent = false;
    for (int p = 0; p < stage.num_blocks; ++p) {
      auto const donor = coin.toss() ? first : second;
      copy_block(domain, stage.first_block + p, donor, genes);
      bool const is_active = p < domain.depth(s, donor);
      if (is_active) depth = std::max(depth, p + 1);
      if (p == 2) third_is_absent = !is_active;
      if (p == 3 && is_active && third_is_absent) return false;
    }
    // The first depth that is allowed and deep enough.
    auto const choices = domain.choices(domain.layout().depth(s));
    auto const gene = *std::find_if(choices.begin(), choices.end(), [&](std::uint8_t choice) { return domain.depth(s, choice) >= depth; });
    genes[index(domain.layout().depth(s))] = gene;
    for (int p = 0; p < stage.num_blocks; ++p) {
      int const block = stage.first_block + p;
      bool const is_empty = genes[index(domain.layout().kernel(block))] == 0;
      if (p < domain.depth(s, gene) && is_empty) draw_block(domain, block, genes, random);
    }
  }
  return true;
}

}  // namespace

void mutate(Domain const& domain, ConstRow parent, double rate, ReleaseSlips const& slips, RandomStream& random, Row child) {
  if (rate == 0)
    rate = slips.whole_block_mutation ? release_block_rate : std::min(1.0, expected_changes / std::max(1, num_free_genes(domain, parent)));
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    mutate_once(domain, parent, rate, slips, random, child);
    if (!std::equal(child.begin(), child.end(), parent.begin())) return;
  }
}

void cross(Domain const& domain, ConstRow first, ConstRow second, ReleaseSlips const& slips, RandomStream& random, Row child) {
  Coin coin(random);
  auto const differs_from = [&](ConstRow parent) { return !std::equal(child.begin(), child.end(), parent.begin()); };
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    if (slips.inflating_crossover) {
      if (!cross_inflating(domain, first, second, coin, random, child)) continue;
    } else {
      if (coin.toss()) cross_stages(domain, first, second, coin, child);
      else cross_blocks(domain, first, second, coin, child);
    }
    if (domain.has_size_gene()) {
      auto const size = index(domain.layout().image_size());
      child[size] = (coin.toss() ? first : second)[size];
    }
    if (differs_from(first) && differs_from(second)) return;
  }
  std::copy(first.begin(), first.end(), child.begin());
}

}  // namespace apq::search
