#include "common/net/weight_import.hpp"

#include "common/core/atomic_file.hpp"
#include "common/net/channel_order.hpp"
#include "common/net/supernet_file.hpp"

namespace apq::net {

ImportedWeights import_weights(space::SearchSpace const& space, std::filesystem::path const& file, std::filesystem::path const& output,
                               ImportOptions const& options) {
  auto const content = read_file(file);
  auto const theirs = checkpoint::read_weight_file(content, file.string(), options.key);
  auto const weights = checkpoint::tensors_of(theirs, file.string());
  ImportedWeights imported;
  imported.reading = checkpoint::reading_of(theirs);
  imported.names = names_in(space, weights);
  if (!imported.names.fits()) return imported;
  auto supernet = adopt(space, weights, imported.names, file.string());
  imported.is_sorted =
      options.order == ChannelOrder::sorted || (options.order == ChannelOrder::automatic && needs_sorting(space, imported.names));
  if (imported.is_sorted) sort_channels(supernet);
  imported.hash = supernet.hash();
  if (options.dry_run) return imported;
  checkpoint::save_state_dict(output, supernet.weights,
                              options.release_layout ? checkpoint::DictLayout::wrapped : checkpoint::DictLayout::bare);
  imported.is_written = true;
  return imported;
}

}  // namespace apq::net
