#include "common/net/weight_import.hpp"

#include "common/net/channel_order.hpp"
#include "common/net/supernet_file.hpp"

namespace apq::net {

ImportedWeights import_weights(space::SearchSpace const& space, std::filesystem::path const& file, std::filesystem::path const& output,
                               ImportOptions const& options) {
  auto const weights = checkpoint::load_state_dict(file);
  ImportedWeights imported;
  imported.names = names_in(space, weights);
  if (!imported.names.fits()) return imported;
  auto supernet = adopt(space, weights, imported.names, file.string());
  imported.is_sorted =
      options.order == ChannelOrder::sorted || (options.order == ChannelOrder::automatic && needs_sorting(space, imported.names));
  if (imported.is_sorted) sort_channels(supernet);
  checkpoint::save_state_dict(output, supernet.weights,
                              options.release_layout ? checkpoint::DictLayout::wrapped : checkpoint::DictLayout::bare);
  imported.hash = supernet.hash();
  imported.is_written = true;
  return imported;
}

}  // namespace apq::net
