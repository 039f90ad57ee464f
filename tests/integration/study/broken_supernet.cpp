// broken_supernet SPACE IN OUT SEED FP QUANT: of the samples of a study with that seed, FP in full precision and QUANT quantised, exactly
// one takes some block with its largest kernel and some channel; there OUT's weights are so large, though finite, that the network's
// sums are not. Prints the sample's id; all others have the labels that IN gives them.
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "collect/sampler.hpp"
#include "common/net/parameter_names.hpp"
#include "common/net/supernet_file.hpp"

using namespace apq;

namespace {

// What one sample takes alone: the block with its largest kernel, and that many channels.
struct Choice {
  int block = 0, channels = 0;
  std::size_t sample = 0;
};

// Channels of a block in a subnet that has it with its largest kernel; else 0.
int channels_at_risk(space::SearchSpace const& space, space::Genes const& genes, int block) {
  auto const at = static_cast<std::size_t>(block);
  auto const subnet = space::subnet_of(space, genes);
  bool const is_there = space::is_active(space, genes, block) && subnet.kernels[at] == space.blocks[at].kernels.back();
  return is_there ? subnet.middle_channels[at] : 0;
}

std::optional<Choice> find_choice(space::SearchSpace const& space, collect::Samples const& fp, collect::Samples const& quant) {
  for (int block = space.num_blocks() - 1; block >= 0; --block) {
    Choice widest{.block = block};
    int next = 0;  // channels of any other
    auto const look = [&](space::Genes const& genes, std::size_t sample, bool may_be_it) {
      int const channels = channels_at_risk(space, genes, block);
      if (may_be_it && channels > widest.channels)
        next = std::max(next, widest.channels), widest.channels = channels, widest.sample = sample;
      else next = std::max(next, channels);
    };
    for (std::size_t i = 0; i < fp.size(); ++i) look(fp.genes(i), i, true);
    for (std::size_t i = 0; i < quant.size(); ++i) look(quant.genes(i), i, false);
    if (widest.channels > next) return widest;
  }
  return std::nullopt;
}

}  // namespace

int main(int, char** arguments) {
  auto const space = space::load_space(arguments[1]);
  auto const seed = std::strtoull(arguments[4], nullptr, 10);
  auto const samples = [&](char const* stage, char const* count) {
    return collect::Samples(space, seed, stage, 1, std::strtoull(count, nullptr, 10));
  };
  auto const choice = find_choice(space, samples("fp", arguments[5]), samples("quant", arguments[6]));
  if (!choice) {
    fmt::print(stderr, "no sample is alone in what it takes\n");
    return 1;
  }
  auto supernet = net::load_supernet(space, arguments[2]);
  auto filters = supernet.weights.at(net::parameter_names::depthwise(choice->block) + ".conv.conv.weight");
  auto filter = filters[choice->channels - 1][0];
  auto const last = filter.size(0) - 1;
  for (std::int64_t i = 0; i <= last; ++i) filter[0][i].fill_(3e38f), filter[last][i].fill_(3e38f);  // what smaller kernels do not see
  net::save_supernet(supernet, arguments[3]);
  fmt::print("{}\n", choice->sample);
  return 0;
}
