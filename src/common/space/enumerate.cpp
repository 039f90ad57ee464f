#include "common/space/enumerate.hpp"

namespace apq::space {
namespace {

// One gene after the other, each through all its values with the others so far as they are; what comes behind it follows. Genes of
// inactive blocks stay 0.
class Enumeration {
 public:
  Enumeration(SearchSpace const& space, bool quantised, std::function<void(std::span<std::uint8_t const>)> const& visit)
      : space_(space),
        layout_(space),
        quantised_(quantised),
        visit_(visit),
        genes_(static_cast<std::size_t>(quantised ? space.num_genes() : space.num_architecture_genes())) {}

  void stage(int s) {
    if (s == space_.num_stages()) return image_size();
    auto const& depths = space_.stages[static_cast<std::size_t>(s)].depths;
    int const first = space_.stages[static_cast<std::size_t>(s)].first_block;
    each(layout_.depth(s), depths, [&](int depth) { block(s, first, first + depth); });
  }

 private:
  template <class Next>
  void each(int position, std::vector<int> const& choices, Next const& next) {
    auto& gene = genes_[static_cast<std::size_t>(position)];
    for (std::size_t i = 0; i < choices.size(); ++i) {
      gene = static_cast<std::uint8_t>(1 + i);
      next(choices[i]);
    }
    gene = 0;
  }

  void block(int s, int b, int end) {
    if (b == end) return stage(s + 1);
    auto const& choices = space_.blocks[static_cast<std::size_t>(b)];
    each(layout_.kernel(b), choices.kernels,
         [&](int kernel) { each(layout_.middle(b), choices.middle_channels, [&](int) { bits(s, b, end, kernel, 0); }); });
  }

  void bits(int s, int b, int end, int kernel, int role) {
    if (!quantised_ || role == num_roles) return block(s, b + 1, end);
    each(layout_.bits(static_cast<Role>(role), b), space_.bits[static_cast<std::size_t>(role)], [&](int width) {
      if (!space_.is_forbidden(kernel, static_cast<Role>(role), width)) bits(s, b, end, kernel, role + 1);
    });
  }

  void image_size() {
    if (layout_.num_size_genes == 0) return visit_(genes_);
    each(layout_.image_size(), space_.image_sizes, [&](int) { visit_(genes_); });
  }

  SearchSpace const& space_;
  GeneLayout layout_;
  bool quantised_;
  std::function<void(std::span<std::uint8_t const>)> const& visit_;
  Genes genes_;
};

}  // namespace

void for_each_subnet(SearchSpace const& space, bool quantised, std::function<void(std::span<std::uint8_t const>)> const& visit) {
  Enumeration(space, quantised, visit).stage(0);
}

}  // namespace apq::space
