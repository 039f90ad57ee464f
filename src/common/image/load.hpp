#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "common/image/data_config.hpp"
#include "common/mpi/communicator.hpp"

namespace apq::image {

/// Which splits to decode; the others have indices and fingerprints only.
struct Wanted {
  bool train = false, calibration = false, validation = false, test = false;
  /// Which of ImageShape::smaller to decode beside the largest size; absent: all. Fingerprints do not depend on it.
  std::optional<std::vector<int>> smaller = {};
};

/// Any source as a listing. Local. But for raw kinds the hash also covers what images are decoded to.
Listing list_source(SourceConfig const& source, bool is_training, DataConfig const& config, ImageShape const& shape);

/// Lists both sources (rank 0 reads, all get the listing), splits them, and decodes the wanted splits: on every node once, its ranks
/// sharing the work, into memory that they share. The same on any number of ranks. A damaged image is left out
/// of its split, and so is one with a warning where `config` says it; the split's fingerprint then says so.
///
/// Where the space has several image sizes, every picture of all splits but `train` is decoded once and then resized and cropped
/// from its full resolution to each size (Split::at_size), as OFA's evaluation does; resampling the largest size would
/// be cheaper, but would blur twice and label other images than those tables were made with. The train split is stored at one
/// size, from which its crops of any size are cut. IDX pictures are drawn at the largest size and resized from that.
/// Collective over `comm`; the splits' owners must be dropped at the same
/// point on every rank (mpi::SharedArray). @throws on all ranks alike: what the readers throw; Error(config) where the
/// images do not fit the space or the node's memory; Error(data) for more than `max_damaged` damaged images.
Splits load_splits(mpi::Communicator const& comm, DataConfig const& config, ImageShape const& shape, Wanted const& wanted);

/// Both sources of an experiment.
struct Listings {
  Listing training, test;
};
/// The first part of load_splits. A stage that may have nothing to do lists, asks decode_splits for no split, which takes no time and gives
/// the fingerprints (final unless config.may_leave_out()), and decodes when it has. Collective over `comm`.
Listings list_sources(mpi::Communicator const& comm, DataConfig const& config, ImageShape const& shape);

/// The part after the listing, also for sources that no DataConfig describes.
Splits decode_splits(mpi::Communicator const& comm, Listing const& training, Listing const& test, DataConfig const& config,
                     ImageShape const& shape, Wanted const& wanted);

/// `make` on rank 0 alone, its listing on all. Collective over `comm`.
Listing listing_of_root(mpi::Communicator const& comm, std::function<Listing()> const& make);

}  // namespace apq::image
