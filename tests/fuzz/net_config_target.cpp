// Net configs of trained networks, and the spaces around them.
#include "common/core/json_text.hpp"
#include "common/space/net_config.hpp"
#include "fuzz/space_oracle.hpp"
#include "support/net_config_sample.hpp"

namespace apq::fuzz {
namespace {

/// The blocks that the text itself names are those of the largest subnet, in their order.
void require_trained_blocks(nlohmann::json const& net, space::SearchSpace const& space) {
  auto const largest = space::largest_subnet(space);
  std::size_t number = 0;
  bool is_first = true;
  for (auto const& block : net.at("blocks")) {
    char const* const key =
        block.contains("mobile_inverted_conv") && !block.at("mobile_inverted_conv").is_null() ? "mobile_inverted_conv" : "conv";
    if (!is_first && block.contains(key) && !block.at(key).is_null() && block.at(key).at("name") != "ZeroLayer") {
      auto const& layer = block.at(key);
      require(number < largest.kernels.size(), "a block is lost");
      require(layer.at("kernel_size") == largest.kernels[number], "a block has another kernel");
      if (layer.contains("mid_channels") && !layer.at("mid_channels").is_null())
        require(layer.at("mid_channels") == largest.middle_channels[number], "a block has another width");
      ++number;
    }
    is_first = false;
  }
  require(number == largest.kernels.size(), "there are blocks that nobody trained");
}

}  // namespace

std::vector<std::string> seeds() {
  auto const sample = test::net_config_sample();
  auto renamed = sample;
  for (std::size_t at = 0; (at = renamed.find("mobile_inverted_conv", at)) != renamed.npos;) renamed.replace(at, 20, "conv");
  return {sample, renamed};
}

void attempt(std::string_view input) {
  std::string const text(input);
  auto const space = checked_space(space::space_file_of(text, "n.json"));
  require_trained_blocks(parse_json(text, "n.json"), space);
}

}  // namespace apq::fuzz
