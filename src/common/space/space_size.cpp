#include "common/space/search_space.hpp"

namespace apq::space {

SpaceSize count(SearchSpace const& space) {
  SpaceSize size{1.0, 1.0};
  for (auto const& stage : space.stages) {
    // prefix: number of ways to fill the first blocks of the stage, summed over the allowed depths
    SpaceSize prefix{1.0, 1.0};
    SpaceSize sum{0.0, 0.0};
    int depth = 0;
    for (int allowed : stage.depths) {
      for (; depth < allowed; ++depth) {
        auto const& block = space.blocks[static_cast<std::size_t>(stage.first_block + depth)];
        auto const widths = static_cast<double>(block.middle_channels.size());
        double policies = 0.0;
        for (int kernel : block.kernels) {
          double product = 1.0;
          for (std::size_t role = 0; role < num_roles; ++role) {
            int valid = 0;
            for (int bits : space.bits[role]) valid += !space.is_forbidden(kernel, static_cast<Role>(role), bits);
            product *= valid;
          }
          policies += product;
        }
        prefix.architectures *= static_cast<double>(block.kernels.size()) * widths;
        prefix.joint *= policies * widths;
      }
      sum.architectures += prefix.architectures;
      sum.joint += prefix.joint;
    }
    size.architectures *= sum.architectures;
    size.joint *= sum.joint;
  }
  size.architectures *= static_cast<double>(space.image_sizes.size());
  size.joint *= static_cast<double>(space.image_sizes.size());
  return size;
}

}  // namespace apq::space
