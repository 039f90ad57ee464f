#include "common/space/space_summary.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/atomic_file.hpp"
#include "common/core/random.hpp"
#include "common/space/encoding.hpp"
#include "common/space/net_config.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::space {

std::string summary_table(SearchSpace const& space) {
  auto const size = count(space);
  Encoding const encoding(space);
  auto text = fmt::format("{} (hash {})\n", space.name, space.hash);
  text += fmt::format("  image           {} x {} x {}, {} classes\n", space.image_channels, space.image_size, space.image_size,
                      space.num_classes);
  if (space.num_size_genes() > 0)
    text +=
        fmt::format("  image sizes     {} from {} to {}\n", space.image_sizes.size(), space.image_sizes.front(), space.image_sizes.back());
  text += fmt::format("  blocks          {} in {} stages\n", space.num_blocks(), space.num_stages());
  text += fmt::format("  architectures   {:.4g}\n", size.architectures);
  text += fmt::format("  with bit widths {:.4g}\n", size.joint);
  text += fmt::format("  genes           {} (full precision: {})\n", space.num_genes(), space.num_architecture_genes());
  text += fmt::format("  encoding        {} (full precision: {})\n", encoding.full_size(), encoding.architecture_size());
  return text;
}

std::string summary_json(SearchSpace const& space) {
  auto const size = count(space);
  Encoding const encoding(space);
  nlohmann::json const json{{"architectures", size.architectures},
                            {"joint", size.joint},
                            {"genes", space.num_genes()},
                            {"encoding", {encoding.architecture_size(), encoding.full_size()}},
                            {"name", space.name},
                            {"hash", space.hash}};
  return json.dump() + "\n";
}

nlohmann::json random_subnets(SearchSpace const& space, std::uint64_t seed, int count, bool is_quantised) {
  auto subnets = nlohmann::json::array();
  for (int i = 0; i < count; ++i) {
    RandomStream random(seed, "space.random", static_cast<std::uint64_t>(i));
    subnets.push_back(to_json(space, subnet_of(space, random_genes(space, random, is_quantised))));
  }
  return subnets;
}

nlohmann::json largest_subnet_json(SearchSpace const& space, std::vector<int> const& bits) {
  auto subnet = largest_subnet(space);
  if (!bits.empty()) subnet.bits = uniform_bits(space, bits[0], bits[1]);
  genes_of(space, subnet);  // refuses a forbidden combination
  return nlohmann::json::array({to_json(space, subnet)});
}

std::string write_space_of_net(std::filesystem::path const& net, std::filesystem::path const& output) {
  auto const text = space_file_of(read_file(net), net.string());
  auto const space = parse_space(text, net.string());
  replace_file(output, text);
  return fmt::format("{}: {} blocks in {} stages, {:.4g} architectures\n", output.string(), space.num_blocks(), space.num_stages(),
                     count(space).architectures);
}

}  // namespace apq::space
